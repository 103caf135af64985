import { h, html, render, useEffect, useState } from "./ui.js";
import { api } from "./api.js";
import { explainError } from "./actions.js";
import { full, size, t, when } from "./i18n.js";
import { Empty, Failure, Icon, Skeleton } from "./components/parts.js";

function Quarantine() {
  const [rows, setRows] = useState(null);
  const [error, setError] = useState("");
  const read = async () => {
    setError("");
    try { setRows(await api.quarantine()); } catch (problem) { if (problem.status !== 401) setError(explainError(problem)); }
  };
  useEffect(() => { read(); }, []);
  document.title = `${t("quar.title")}, OmniRoute`;
  return html`<main class="page"><a class="logo" href="/desk"><${Icon} name="left" /><span>${t("quar.back")}</span></a><h1>${t("quar.title")}</h1><p class="lead">${t("quar.lead")}</p>
    ${error ? html`<${Failure} text=${error} retry=${read} />` : !rows ? html`<${Skeleton} />` : !rows.length ? html`<${Empty} icon="check" title=${t("quar.none")} />`
      : html`<div class="tblw"><table><thead><tr>${["time", "channel", "reason", "size"].map((name) => html`<th scope="col" key=${name}>${t(`quar.${name}`)}</th>`)}<th></th></tr></thead>
        <tbody>${rows.map((one) => html`<tr key=${one.raw_id}><td><time title=${full(one.received_ms)}>${when(one.received_ms)}</time></td><td>${one.channel}<br /><span class="t3">${one.account}</span></td><td>${one.reason}</td><td class="num">${size(one.size_bytes)}</td><td><a href=${one.url} download=${`quarantine-${one.raw_id}.raw`}>${t("quar.get")}</a></td></tr>`)}</tbody></table></div>`}
  </main>`;
}
render(h(Quarantine), document.getElementById("app"));
