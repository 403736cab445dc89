"use strict";
(() => {
  const all = (query, root = document) => [...root.querySelectorAll(query)];
  const one = (query, root = document) => root.querySelector(query);

  // What needs this script stays hidden until it runs.
  for (const part of all(".filters, .tools")) part.hidden = false;

  const themes = ["auto", "light", "dark"];
  let theme = 0;
  one("[data-do=theme]").addEventListener("click", (event) => {
    theme = (theme + 1) % themes.length;
    document.documentElement.dataset.theme = themes[theme];
    event.target.textContent = `Theme: ${themes[theme]}`;
  });
  one("[data-do=print]").addEventListener("click", () => print());

  const causes = all(".cause");
  const form = one(".filters");
  const shows = (cause, chosen) =>
    chosen.severities.has(cause.dataset.severity) &&
    chosen.facets.every(([name, value]) => !value || cause.dataset[name].includes(`|${value}|`)) &&
    (!chosen.text || cause.textContent.toLowerCase().includes(chosen.text));
  const filter = () => {
    const chosen = {
      severities: new Set(all("[name=severity]:checked", form).map((box) => box.value)),
      facets: all("select", form).map((list) => [list.name, list.value]),
      text: one("[name=text]", form).value.trim().toLowerCase(),
    };
    const sum = (list) => list.reduce((total, cause) => total + Number(cause.dataset.n), 0);
    for (const cause of causes) cause.hidden = !shows(cause, chosen);
    const left = causes.filter((cause) => !cause.hidden);
    const of = (part, whole, noun) => `${part.toLocaleString("en")} of ${whole.toLocaleString("en")} ${noun}`;
    const said = `Showing ${of(left.length, causes.length, "causes")} (${of(sum(left), sum(causes), "failed checks")})`;
    one("output", form).textContent = said;
    one(".none").hidden = left.length > 0;
  };
  if (form) {
    form.addEventListener("input", filter);
    form.addEventListener("reset", () => setTimeout(filter));
    form.addEventListener("submit", (event) => event.preventDefault());
    one("[data-do=open]", form).addEventListener("click", (event) => {
      const open = event.target.textContent === "Open all";
      for (const cause of causes) cause.open = open;
      event.target.textContent = open ? "Close all" : "Open all";
    });
    filter();
  }

  // A link to something that is closed or filtered out opens it.
  const reveal = () => {
    const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    const cause = target.closest(".cause");
    if (cause && cause.hidden) form.reset(), filter();
    for (let part = target.closest("details"); part; part = part.parentElement.closest("details")) part.open = true;
    target.scrollIntoView();
  };
  addEventListener("hashchange", reveal);
  reveal();

  for (const text of all(".cmd")) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "Copy";
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(one("code", text).textContent);
      button.textContent = "Copied";
    });
    if (navigator.clipboard) text.before(button);
  }

  const links = new Map(all(".toc a").map((link) => [link.hash.slice(1), link]));
  const headings = all("h2[id]").filter((heading) => links.has(heading.id));
  const here = () => {
    const passed = headings.filter((heading) => heading.getBoundingClientRect().top < 160);
    const current = links.get(passed.length ? passed[passed.length - 1].id : "top");
    for (const link of links.values()) link.toggleAttribute("aria-current", link === current);
  };
  addEventListener("scroll", here, { passive: true });
  here();

  const figures = all("figure.plot");
  const box = (figure) => one(".px", figure);
  const draw = () => {
    for (const figure of figures) {
      const { data, layout } = JSON.parse(one("script", figure).textContent);
      box(figure).hidden = false;
      Plotly.newPlot(box(figure), data, layout, { responsive: true, displayModeBar: false });
      one(".twin", figure).open = false;
    }
    document.documentElement.dataset.drawn = figures.length;
  };
  // base85 as RFC 1924 orders it, with , and . for the two characters that mean something in HTML.
  const unpack = (text) => {
    const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%.()*+-;,=>?@^_`{|}~";
    const value = new Uint8Array(128);
    for (let i = 0; i < 85; i++) value[alphabet.charCodeAt(i)] = i;
    const bytes = new Uint8Array((text.length / 5) * 4);
    for (let i = 0, j = 0; i < text.length; i += 5) {
      let word = 0;
      for (let k = 0; k < 5; k++) word = word * 85 + value[text.charCodeAt(i + k)];
      bytes[j++] = word >>> 24;
      bytes[j++] = word >>> 16;
      bytes[j++] = word >>> 8;
      bytes[j++] = word;
    }
    return bytes;
  };
  const packed = one("#packed");
  if (packed && figures.length && "DecompressionStream" in window) {
    const bytes = unpack(packed.textContent);
    const size = Number(packed.dataset.bytes);
    const stream = new Blob([bytes.subarray(0, size)]).stream().pipeThrough(new DecompressionStream("gzip"));
    new Response(stream).text().then((source) => {
      const script = document.createElement("script");
      script.textContent = source;
      document.head.append(script);
      draw();
    });
    const fit = (width) => figures.forEach((figure) => box(figure).data && Plotly.relayout(box(figure), width));
    addEventListener("beforeprint", () => fit({ width: 640, autosize: false }));
    addEventListener("afterprint", () => fit({ width: null, autosize: true }));
  }
  addEventListener("beforeprint", () => all("details.cause").forEach((part) => (part.open = true)));
})();
