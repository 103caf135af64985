// Starting the desk: who am I, the first picture by HTTP, then everything by the socket.
import { api } from "./api.js";
import { conversationChanged, explainError, flushOutbox, openConversation, refreshConversation, takeDesk } from "./actions.js";
import { t } from "./i18n.js";
import { startLive } from "./live.js";
import { failed, loadOutbox, me } from "./state.js";

let started = false;
export async function startDesk() {
  try {
    me.value = await api.me();
    loadOutbox();
    takeDesk(await api.desk());
  } catch (error) {
    if (error.status !== 401) failed.value = error.status === 403 ? t("failed.role") : explainError(error);
    return;
  }
  if (started) return;
  started = true;
  const wanted = decodeURIComponent(location.hash.slice(1));
  if (/^[\w-]{4,20}$/.test(wanted)) openConversation(wanted);
  startLive({
    up: () => { flushOutbox(); refreshConversation(); },
    desk: (frame) => takeDesk(frame.desk),
    conversation: (frame) => conversationChanged(frame.reference),
  });
}
