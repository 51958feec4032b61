// Draws the page's HTML, keeps focus, open panels and the chosen region over a redraw, and reports clicks on links.
const LIT = 3000; // milliseconds

export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  const place = parentElement.querySelector("#place");
  if (!place) return;
  place.report = (address) => setTriggerValue("go", address);
  if (!place.listening) listen(parentElement, place);
  if (place.drawn === data.html) return;
  const focused = parentElement.activeElement && keyOf(parentElement.activeElement);
  const open = [...place.querySelectorAll("details[open][id]")].map((part) => part.id);
  const before = figures(place);
  place.innerHTML = data.html;
  place.drawn = data.html;
  startClock(place);
  light(place, before, Date.now());
  for (const id of open) place.querySelector(`#${CSS.escape(id)}`)?.setAttribute("open", "");
  const opened = place.querySelector("[data-opened]")?.dataset.opened;
  if (opened && place.opened !== opened) setTimeout(() => goTo(place, opened), 100);
  place.opened = opened;
  if (place.shown) choose(place, place.shown);
  if (focused) [...place.querySelectorAll("a, button, summary, [tabindex]")].find((part) => keyOf(part) === focused)?.focus({ preventScroll: true });
}

// A meeting's clock counts in the browser: no second costs a run of the page. When it began is kept for this tab, since
// the clock of a demonstration stands still.
function startClock(place) {
  const clock = place.querySelector("[data-clock]");
  if (!clock) return;
  const known = Number(sessionStorage.getItem(clock.dataset.clock)) || Infinity;
  place.began = Math.min(known, Date.now() - Number(clock.dataset.elapsed) * 1000);
  sessionStorage.setItem(clock.dataset.clock, String(place.began));
  tick(place);
  place.ticking ??= setInterval(() => (place.isConnected ? tick(place) : clearInterval(place.ticking)), 1000);
}

function tick(place) {
  const clock = place.querySelector("[data-clock]");
  if (!clock) return;
  const minutes = Math.max(0, (Date.now() - place.began) / 60000);
  const left = Number(clock.dataset.ends) - minutes;
  const read = (span) => `${Math.floor(Math.abs(span))}:${String(Math.floor((Math.abs(span) % 1) * 60)).padStart(2, "0")}`;
  clock.querySelector("b").textContent = read(minutes);
  clock.querySelector("span").textContent = left >= 0 ? `${read(left)} left for ${clock.dataset.item}` : `${read(left)} over for ${clock.dataset.item}`;
  clock.classList.toggle("over", left < 0);
  for (const part of place.querySelectorAll(".agenda li")) {
    const [begins, ends] = [Number(part.dataset.begins), Number(part.dataset.ends)];
    const share = Math.min(1, Math.max(0, (minutes - begins) / (ends - begins)));
    part.querySelector(".track i").style.width = `${share * 100}%`;
  }
}

// Lights the figures that differ from those before, and goes on lighting those that changed a moment ago.
function light(place, before, now) {
  place.lit ??= new Map();
  const changed = [...figures(place)].filter(([key, figure]) => before.has(key) && before.get(key).textContent !== figure.textContent);
  for (const [key] of changed) place.lit.set(key, now);
  if (changed.length) place.dataset.changed = changed.length;
  for (const [key, figure] of figures(place)) {
    const age = now - (place.lit.get(key) ?? 0);
    if (age >= LIT) continue;
    figure.classList.add("fresh");
    figure.style.animationDelay = `${-age}ms`;
  }
}

// The figures of tiles and cells by their links: a link holds the page's choices, so other choices are other figures.
function figures(place) {
  const found = new Map();
  for (const tile of place.querySelectorAll(".tile[data-kpi]")) found.set(`tile ${tile.querySelector("h3 a")?.getAttribute("href")}`, tile.querySelector(".value"));
  for (const cell of place.querySelectorAll(".matrix td > a")) if (cell.querySelector(".v")) found.set(cell.getAttribute("href") + cell.closest("td").dataset.region, cell.querySelector(".v"));
  return found;
}

function keyOf(part) {
  return part.getAttribute("href") || part.getAttribute("data-choose") || part.getAttribute("aria-label");
}

function listen(root, place) {
  place.listening = true;
  place.addEventListener("click", (event) => {
    const chip = event.target.closest("[data-choose]");
    if (chip) return choose(place, chip.dataset.choose);
    const jump = event.target.closest("[data-jump]");
    if (jump) {
      event.preventDefault();
      return goTo(place, jump.dataset.jump);
    }
    const link = event.target.closest("a[data-go]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    place.report(link.getAttribute("href"));
  });
  place.addEventListener("input", (event) => event.target.matches("[data-filter]") && filter(place, event.target.value));
  const close = (except) => {
    for (const panel of place.querySelectorAll("details.explain[open]")) if (panel !== except) panel.removeAttribute("open");
  };
  place.addEventListener("toggle", (event) => event.target.open && event.target.matches(".explain") && close(event.target), true);
  root.addEventListener("keydown", (event) => event.key === "Escape" && close(null));
  document.addEventListener("click", function outside(event) {
    if (!place.isConnected) return document.removeEventListener("click", outside);
    const inside = event.composedPath().find((part) => part.matches && part.matches("details.explain"));
    close(inside || null);
  });
}

function choose(place, region) {
  if (!place.querySelector(`[data-choose="${CSS.escape(region)}"]`)) return;
  place.shown = region;
  for (const chip of place.querySelectorAll("[data-choose]")) chip.setAttribute("aria-pressed", String(chip.dataset.choose === region));
  for (const cell of place.querySelectorAll("[data-region]")) cell.classList.toggle("shown", cell.dataset.region === region);
}

function goTo(place, name) {
  const goal = place.querySelector(`#${CSS.escape(name)}`);
  goal?.scrollIntoView({ block: "start" });
  goal?.focus({ preventScroll: true });
}

function filter(place, wanted) {
  const words = wanted.toLowerCase().split(/\s+/).filter(Boolean);
  let found = 0;
  for (const entry of place.querySelectorAll("[data-words]")) {
    const fits = words.every((word) => entry.dataset.words.includes(word));
    entry.hidden = !fits;
    found += fits;
    const link = place.querySelector(`[data-jump="${CSS.escape(entry.id)}"]`);
    if (link) link.parentElement.hidden = !fits;
  }
  for (const head of place.querySelectorAll("nav .head")) head.hidden = words.length > 0;
  place.querySelector("[data-none]").hidden = found > 0;
}
