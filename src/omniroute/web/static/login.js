import { h, html, render, useState } from "./ui.js";
import { api } from "./api.js";
import { lang, languages, setLang, t } from "./i18n.js";
import { Icon } from "./components/parts.js";

function Login() {
  const [error, setError] = useState("");
  const [busy, setBusy] = useState(false);
  document.title = `${t("login.title")}, OmniRoute`;
  const submit = async (event) => {
    event.preventDefault();
    const form = new FormData(event.target);
    setBusy(true);
    setError("");
    try {
      await api.login(String(form.get("login")).trim(), String(form.get("password")));
      location.assign("/desk");
    } catch (problem) {
      setError(problem.status === 0 ? t("error.offline") : problem.status === 429 ? t("login.often") : problem.status === 401 ? t("login.wrong") : problem.message || t("error.unknown"));
      setBusy(false);
      event.target.querySelector("[name=password]").select();
    }
  };
  // The demo's page links here with a login; a password never travels in an address.
  const wanted = new URLSearchParams(location.search).get("login") ?? "";
  return html`<main class="login"><form onSubmit=${submit}>
    <span class="logo"><${Icon} name="route" cls="i18" /><span>OmniRoute</span></span><h1>${t("login.title")}</h1>
    <label class="field"><span class="lg">${t("login.login")}</span><input name="login" required autocomplete="username" autocapitalize="none" spellcheck=${false} maxlength="100" defaultValue=${wanted} autofocus=${!wanted} /></label>
    <label class="field"><span class="lg">${t("login.password")}</span><input name="password" type="password" required autocomplete="current-password" maxlength="200" autofocus=${Boolean(wanted)} /></label>
    <p class="bad-t" role="alert">${error}</p>
    <button type="submit" class="btn main" disabled=${busy}>${t("login.go")}</button>
    <footer>${languages.map(([code, name]) => html`<button type="button" key=${code} class="link" lang=${code} aria-pressed=${lang.value === code ? "true" : "false"} onClick=${() => setLang(code)}>${name}</button>`)}</footer>
  </form></main>`;
}
render(h(Login), document.getElementById("app"));
