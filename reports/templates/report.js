"use strict";
// Everything can be read without this: tables are whole, figures have every probe, unfolded parts are printed (Keras code is for copying, and is not).
const all = (selector, within = document) => [...within.querySelectorAll(selector)];

// Folded parts are printed unfolded; single trials and code are not printed.
let folded = [];
addEventListener("beforeprint", () => { folded = all("details:not([open], .trials, .code)"); folded.forEach((part) => { part.open = true; }); });
addEventListener("afterprint", () => { folded.forEach((part) => { part.open = false; }); });

// Long parts show their first members until the rest is asked for: tables everywhere, figures and cards on a phone. Paper has all of them.
const narrow = matchMedia("(max-width: 52rem)");
const refolds = new Map();
for (const part of all("[data-first]")) {
  const members = () => [...(part.tBodies ?? part.children)].filter((member) => !member.hidden);
  const button = document.createElement("button");
  let unfolded = false;
  button.type = "button";
  button.className = "more";
  const refold = () => {
    const first = Number(narrow.matches ? part.dataset.first : part.dataset.firstWide ?? Infinity), shown = members();
    const folds = !unfolded && shown.length > first;
    shown.forEach((member, index) => member.classList.toggle("folded", folds && index >= first));
    button.hidden = !folds && !(unfolded && shown.length > first);
    button.textContent = folds ? `show all ${shown.length}` : `show the first ${first}`;
    button.setAttribute("aria-expanded", String(!folds));
  };
  button.addEventListener("click", () => { unfolded = !unfolded; refold(); if (!unfolded) part.scrollIntoView({ block: "nearest" }); });
  narrow.addEventListener("change", refold);
  part.after(button);
  refolds.set(part, { refold, unfold: () => { unfolded = true; refold(); } });
  refold();
}

// Tables that sort by a column, show the columns that are picked, and are copied or kept as CSV; each row is a tbody.
const label = (cell) => (cell.querySelector("summary") ?? cell).textContent.trim().replace(/\s+/g, " ");
const save = (name, text) => {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
};
for (const table of all("table.sortable")) {
  const heads = all("thead th", table), names = heads.map(label);
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = names[column];
    head.replaceChildren(button);
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const value = (body) => {
        const cell = body.rows[0].cells[column];
        if (!cell || cell.colSpan > 1) return null;
        const text = cell.dataset.value ?? cell.textContent.trim();
        return text === "" || text === "–" ? null : Number.isNaN(Number.parseFloat(text)) ? text : Number.parseFloat(text);
      };
      const bodies = [...table.tBodies].map((body) => [body, value(body)]);
      bodies.sort(([, a], [, b]) => {
        if (a === null || b === null) return (a === null) - (b === null);  // what is missing comes last either way
        const order = typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b));
        return down ? -order : order;
      });
      table.append(...bodies.map(([body]) => body));
      refolds.get(table)?.refold();
    });
  });
  const tools = document.createElement("div"), picker = document.createElement("details"), title = document.createElement("summary");
  tools.className = "tools";
  title.textContent = "columns";
  picker.append(title);
  const spans = new Map(all("tbody td[colspan]", table).map((cell) => [cell, cell.colSpan]));
  const isPicked = names.map(() => true);
  names.forEach((name, column) => {
    const choice = document.createElement("label"), box = document.createElement("input");
    box.type = "checkbox";
    box.checked = true;
    box.addEventListener("change", () => {
      isPicked[column] = box.checked;
      for (const row of table.rows) {
        const cell = row.cells[column];
        if (cell && !spans.has(cell)) cell.hidden = !box.checked;
      }
      for (const [cell, span] of spans) cell.colSpan = Math.max(1, isPicked.slice(cell.cellIndex, cell.cellIndex + span).filter(Boolean).length);
    });
    choice.append(box, name);
    picker.append(choice);
  });
  const rows = () => {  // those that the filter leaves and the columns that are picked, folded ones too
    const body = [...table.tBodies].filter((each) => !each.hidden).map((each) => [...each.rows[0].cells].map(label));
    return [names, ...body].map((cells) => cells.filter((_, column) => isPicked[column]));
  };
  const quoted = (text) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  for (const [text, act] of [
    ["copy", async (button) => {
      const copied = rows().map((cells) => cells.join("\t")).join("\n");
      try { await navigator.clipboard.writeText(copied); button.textContent = "copied"; } catch { getSelection().selectAllChildren(table); button.textContent = "marked"; }
    }],
    ["CSV", () => save(`${table.id || "table"}.csv`, `${rows().map((cells) => cells.map(quoted).join(",")).join("\n")}\n`)],
  ]) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = text;
    button.addEventListener("click", () => act(button));
    tools.append(button);
  }
  tools.prepend(picker);
  table.before(tools);
}

// The table of conditions filters by words and by columns.
const filter = document.querySelector(".filter");
if (filter) {
  filter.hidden = false;
  const find = filter.querySelector("#find"), found = filter.querySelector("#found"), table = document.getElementById("all-conditions"), bodies = [...table.tBodies];
  const texts = new Map(bodies.map((body) => [body, [" ", ...[...body.rows[0].cells].map(label)].join(" ").toLowerCase()]));
  const update = () => {
    const sought = find.value.toLowerCase().split(/\s+/).filter(Boolean), chosen = all("select", filter).filter((select) => select.value);
    for (const body of bodies) {
      body.hidden = !(sought.every((word) => texts.get(body).includes(` ${word}`)) && chosen.every((select) => body.dataset[select.dataset.column] === select.value));
    }
    refolds.get(table)?.refold();
    const shown = bodies.filter((body) => !body.hidden).length;
    found.textContent = shown === bodies.length ? `${shown} conditions` : `${shown} of ${bodies.length} conditions`;
  };
  filter.addEventListener("input", update);
  const reveal = () => {  // a link to a row that is filtered away or folded shows all rows again
    const target = document.getElementById(location.hash.slice(1));
    if (!target || !target.matches("#all-conditions tbody")) return;
    if (target.hidden) { find.value = ""; all("select", filter).forEach((select) => { select.value = ""; }); update(); }
    if (target.classList.contains("folded")) refolds.get(table).unfold();
    target.querySelector("details")?.setAttribute("open", "");
    target.scrollIntoView({ block: "center" });
  };
  addEventListener("hashchange", reveal);
  reveal();
}

// The picker shows one ranking of all; code is copied.
const pick = document.querySelector(".pick");
if (pick) {
  pick.hidden = false;
  const choices = all("select", pick), rankings = all(".ranking"), nothing = document.querySelector(".nothing");
  const fits = (table, keys) => keys.every((select) => table.dataset[select.dataset.key] === select.value);
  const update = (changed) => {
    const [model, task, lag] = choices;
    if (changed !== lag) {  // lags are those of the task, the longest unless another is chosen
      const lags = [...new Set(rankings.filter((table) => fits(table, [task])).map((table) => table.dataset.lag))];
      const kept = lags.includes(lag.value) && changed !== task ? lag.value : lags.at(-1);
      lag.replaceChildren(...lags.map((value) => new Option(value, value, value === kept, value === kept)));
    }
    rankings.forEach((table) => { table.hidden = !fits(table, [model, task, lag]); });
    nothing.hidden = rankings.some((table) => !table.hidden);
  };
  pick.addEventListener("input", (event) => update(event.target));
  pick.addEventListener("submit", (event) => event.preventDefault());
  update();
  for (const button of all("button.copy")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      const code = button.parentElement.querySelector("code");
      getSelection().selectAllChildren(code);  // where the clipboard is closed to a page, it is marked for copying by hand
      try { await navigator.clipboard.writeText(code.textContent); button.textContent = "copied"; } catch { button.textContent = "marked"; }
    });
  }
}

// A cell of a heat map shows the curves behind it, and so does the row of its condition when it is opened.
const card = document.getElementById("curves-card"), source = document.getElementById("curves");
if (card && source) {
  const curves = JSON.parse(source.textContent);
  const path = (line) => {
    let pen = "M";
    return line.map((y, i) => { if (y === null) { pen = "M"; return ""; } const point = `${pen}${(200 * i) / Math.max(line.length - 1, 1)} ${y}`; pen = "L"; return point; }).join("");
  };
  const picture = (curve) => `<svg viewBox="0 0 200 100" preserveAspectRatio="none" aria-hidden="true"><path class="baseline" d="M0 37.5H200"/>${curve.lines.map((line) => `<path d="${path(line)}"/>`).join("")}</svg>`;
  const meaning = (curve) => `Validation loss of ${curve.end} steps; dashed: the memoryless baseline.`;
  for (const body of all("#all-conditions tbody")) {
    const curve = curves[body.id], details = body.querySelector("details");
    details?.addEventListener("toggle", () => {
      if (!curve || details.querySelector(".curves")) return;
      const part = document.createElement("div");
      part.className = "curves";
      part.innerHTML = `${picture(curve)}<small>${meaning(curve)}</small>`;
      details.append(part);
    });
  }
  const show = (link) => {
    const key = link.getAttribute("href").slice(1), curve = curves[key];
    if (!curve) { card.hidden = true; return; }
    const outcome = document.getElementById(key)?.querySelector("summary")?.textContent ?? "";
    card.innerHTML = `<p><b></b></p>${picture(curve)}<p><small></small></p>`;
    card.querySelector("b").textContent = link.getAttribute("aria-label");
    card.querySelector("small").textContent = `${outcome}. ${meaning(curve)}`;
    card.hidden = false;
    const box = link.getBoundingClientRect(), size = card.getBoundingClientRect();
    card.style.left = `${Math.max(8, Math.min(box.left, innerWidth - size.width - 8))}px`;
    card.style.top = `${box.bottom + size.height + 12 > innerHeight ? Math.max(8, box.top - size.height - 8) : box.bottom + 8}px`;
  };
  const hide = () => { card.hidden = true; };
  for (const link of all("#success svg a")) {
    for (const event of ["mouseenter", "focus"]) link.addEventListener(event, () => show(link));
    for (const event of ["mouseleave", "blur"]) link.addEventListener(event, hide);
  }
  addEventListener("keydown", (event) => { if (event.key === "Escape") hide(); });
  addEventListener("scroll", () => {  // the card stays with its cell; moving to one by the keyboard scrolls to it
    const link = document.querySelector("#success svg a:hover, #success svg a:focus");
    if (link && !card.hidden) show(link); else hide();
  }, { passive: true });
}

// The slider moves through the probes of a training; the profile of the gradient at a probe is drawn for each condition.
const profiles = document.getElementById("profiles"), measured = document.getElementById("profile-data");
if (profiles && measured) {
  const { decades: [low, high], conditions } = JSON.parse(measured.textContent), height = 40;
  const level = (power) => (height * (high - power)) / (high - low);
  const slider = profiles.querySelector("input");
  const drawn = conditions.map((condition) => {
    const part = document.createElement("div"), last = Math.max(condition.powers[0].length - 1, 1);
    const across = (back) => 100 * (1 - back / last);
    part.innerHTML = `<p><b></b></p><svg viewBox="0 0 100 ${height}" preserveAspectRatio="none" aria-hidden="true"><line x1="0" x2="100" y1="${level(0)}" y2="${level(0)}"/><line class="information" x1="${across(condition.distance)}" x2="${across(condition.distance)}" y1="0" y2="${height}"/><path/></svg><p>step <b class="step"></b>: <b class="arrives"></b> of it arrives at the information</p>`;
    part.querySelector("b").textContent = condition.title;
    profiles.querySelector(".profiles").append(part);
    return { ...condition, part, across };
  });
  const update = () => {
    for (const { part, steps, powers, arrives, across } of drawn) {
      const index = Math.min(Number(slider.value), steps.length - 1);
      let pen = "M";
      part.querySelector("path").setAttribute("d", powers[index].map((power, back) => {
        if (power === null) { pen = "M"; return ""; }  // it is exactly zero
        const point = `${pen}${across(back)} ${level(power)}`;
        pen = "L";
        return point;
      }).join(""));
      part.querySelector(".step").textContent = steps[index];
      part.querySelector(".arrives").textContent = arrives[index];
    }
    slider.setAttribute("aria-valuetext", `training step ${drawn[0].steps[Math.min(Number(slider.value), drawn[0].steps.length - 1)]}`);
  };
  slider.addEventListener("input", update);
  profiles.hidden = false;
  update();
}
