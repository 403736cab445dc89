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
    const text = `Showing ${of(left.length, causes.length, "causes")} (${of(sum(left), sum(causes), "findings")})`;
    one("output", form).textContent = text;
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

  for (const text of all(".cmd pre")) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "Copy";
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(one("code", text).textContent);
      button.textContent = "Copied";
    });
    if (navigator.clipboard) text.after(button);
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
  // Raw LZMA with lc=3, lp=0, pb=0, as the LZMA specification (7-zip.org/sdk.html) describes it. The first byte is always 0.
  const unlzma = (source, size) => {
    const out = new Uint8Array(size);
    const half = (length) => new Uint16Array(length).fill(1024);
    const [isMatch, isRep, isRep0, isRep1, isRep2, isLong0] = Array.from({ length: 6 }, () => half(12));
    const [literals, slots, near, align, lengths, repLengths] = [6144, 256, 115, 16, 274, 274].map(half);
    let [range, code, at, n, state, r0, r1, r2, r3] = [0xffffffff, 0, 1, 0, 0, 0, 0, 0, 0];
    const shift = () => { code = ((code << 8) | source[at++]) >>> 0; };
    for (let i = 0; i < 4; i++) shift();
    const bit = (odds, i) => {
      const bound = (range >>> 11) * odds[i];
      const high = code >= bound;
      if (high) {
        range -= bound;
        code -= bound;
        odds[i] -= odds[i] >>> 5;
      } else {
        range = bound;
        odds[i] += (2048 - odds[i]) >>> 5;
      }
      if (range < 0x1000000) {
        range = (range << 8) >>> 0;
        shift();
      }
      return high ? 1 : 0;
    };
    const tree = (odds, base, bits) => {
      let m = 1;
      for (let i = 0; i < bits; i++) m = (m << 1) | bit(odds, base + m);
      return m - (1 << bits);
    };
    const reversed = (odds, base, bits) => {
      let [m, value] = [1, 0];
      for (let i = 0; i < bits; i++) {
        const b = bit(odds, base + m);
        m = (m << 1) | b;
        value |= b << i;
      }
      return value;
    };
    const plain = (bits) => {
      let value = 0;
      for (let i = 0; i < bits; i++) {
        range >>>= 1;
        const high = code >= range;
        if (high) code -= range;
        value = (value << 1) | (high ? 1 : 0);
        if (range < 0x1000000) {
          range = (range << 8) >>> 0;
          shift();
        }
      }
      return value;
    };
    const length = (odds) => 2 + (!bit(odds, 0) ? tree(odds, 2, 3) : !bit(odds, 1) ? 8 + tree(odds, 10, 3) : 16 + tree(odds, 18, 8));
    const literal = () => {
      const base = n ? 0x300 * (out[n - 1] >>> 5) : 0;
      let m = 1;
      if (state >= 7) {
        for (let match = out[n - r0 - 1]; m < 0x100; match <<= 1) {
          const wanted = (match >>> 7) & 1;
          const b = bit(literals, base + ((1 + wanted) << 8) + m);
          m = (m << 1) | b;
          if (b !== wanted) break;
        }
      }
      while (m < 0x100) m = (m << 1) | bit(literals, base + m);
      out[n++] = m;
      state = state < 4 ? 0 : state < 10 ? state - 3 : state - 6;
    };
    const distance = (count) => {
      const slot = tree(slots, Math.min(count - 2, 3) * 64, 6);
      if (slot < 4) return slot;
      const bits = (slot >>> 1) - 1;
      const base = (2 | (slot & 1)) << bits;
      if (slot < 14) return base + reversed(near, base - slot, bits);
      const high = plain(bits - 4);
      return base + (high << 4) + reversed(align, 0, 4);
    };
    while (n < size) {
      if (!bit(isMatch, state)) {
        literal();
        continue;
      }
      let count = 1;
      if (!bit(isRep, state)) {
        [r3, r2, r1] = [r2, r1, r0];
        count = length(lengths);
        state = state < 7 ? 7 : 10;
        r0 = distance(count);
      } else if (!bit(isRep0, state)) {
        if (bit(isLong0, state)) {
          count = length(repLengths);
          state = state < 7 ? 8 : 11;
        } else {
          state = state < 7 ? 9 : 11;
        }
      } else {
        if (!bit(isRep1, state)) [r0, r1] = [r1, r0];
        else if (!bit(isRep2, state)) [r0, r1, r2] = [r2, r0, r1];
        else [r0, r1, r2, r3] = [r3, r0, r1, r2];
        count = length(repLengths);
        state = state < 7 ? 8 : 11;
      }
      for (let from = n - r0 - 1; count > 0 && n < size; count--) out[n++] = out[from++];
    }
    return new TextDecoder().decode(out);
  };
  const packed = one("#packed");
  if (packed && figures.length) {
    setTimeout(() => {
      const script = document.createElement("script");
      script.textContent = unlzma(unpack(packed.textContent), Number(packed.dataset.bytes));
      document.head.append(script);
      draw();
    });
    const fit = (size) => figures.forEach((figure) => box(figure).data && Plotly.relayout(box(figure), size));
    addEventListener("beforeprint", () => fit({ width: 640, autosize: false }));
    addEventListener("afterprint", () => fit({ width: null, autosize: true }));
  }

  // For browsers that cannot open closed parts by style alone.
  const opened = [];
  addEventListener("beforeprint", () => {
    for (const part of causes) if (!part.open) opened.push(part), (part.open = true);
  });
  addEventListener("afterprint", () => {
    for (const part of opened.splice(0)) part.open = false;
  });
})();
