// The demo's start page, filled from /demo/info.json.
import { h, html, render, useEffect, useState } from "./ui.js";
import { lang, languages, setLang, t, term } from "./i18n.js";
import { Failure, Icon, Skeleton } from "./components/parts.js";

function Demo() {
  const [info, setInfo] = useState(null);
  const [error, setError] = useState("");
  const read = async () => {
    setError("");
    try {
      const answer = await fetch("/demo/info.json");
      if (!answer.ok) throw new Error(String(answer.status));
      setInfo(await answer.json());
    } catch { setError(t("error.unknown")); }
  };
  useEffect(() => { read(); }, []);
  document.title = `${t("demo.title")}, OmniRoute`;
  return html`<main class="page"><div class="hl"><span class="logo"><${Icon} name="route" cls="i18" /><span>OmniRoute</span></span><span class="grow"></span>${languages.map(([code, name]) => html`<button type="button" key=${code} class="link" lang=${code} aria-pressed=${lang.value === code ? "true" : "false"} onClick=${() => setLang(code)}>${name}</button>`)}</div>
    <h1>${t("demo.title")}${info && `: ${info.company}`}</h1>
    ${error ? html`<${Failure} text=${error} retry=${read} />` : !info ? html`<${Skeleton} />` : html`
    <p class="lead">${t("demo.lead", { company: info.company })}</p>
    <section><h2>${t("demo.people")}</h2><p class="t2">${t("demo.people.what", { password: "\u0000" }).split("\u0000").flatMap((part, n) => (n ? [html`<code>${info.password}</code>`, part] : [part]))}</p>
      <div class="tblw"><table><thead><tr><th scope="col">${t("demo.name")}</th><th scope="col">${t("demo.login")}</th><th scope="col">${t("demo.role")}</th><th scope="col">${t("demo.departments")}</th><th></th></tr></thead>
      <tbody>${info.logins.map((one) => html`<tr key=${one.login}><th scope="row">${one.name}</th><td><code>${one.login}</code></td><td>${term("role", one.role)}</td><td>${one.departments.join(", ")}</td><td><a href=${`/login?login=${encodeURIComponent(one.login)}`} target="_blank" rel="noopener">${t("demo.desk")}</a></td></tr>`)}</tbody></table></div></section>
    <section><h2>${t("demo.doors")}</h2><div class="doors">${info.links.map((one) => html`<a key=${one.href} href=${one.href} target="_blank" rel="noopener"><b>${one.title}</b><span>${one.what}</span></a>`)}</div>
      ${info.smtp && html`<p class="t2">${t("demo.smtp", { smtp: info.smtp })}</p>`}</section>`}
  </main>`;
}
render(h(Demo), document.getElementById("app"));
