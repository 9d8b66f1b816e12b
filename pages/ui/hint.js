// A hint is away once its button was pressed; the browser keeps that. Without storage it is away until the next visit.
const PREFIX = 'marginscope.hint.';
const away = new Set();

function isAway(page) {
  try { return localStorage.getItem(PREFIX + page) === 'away'; } catch { return away.has(page); }
}

function put(page) {
  away.add(page);
  try { localStorage.setItem(PREFIX + page, 'away'); } catch { /* kept for this visit only */ }
}

function bringBack() {
  away.clear();
  try {
    Object.keys(localStorage).filter((key) => key.startsWith(PREFIX)).forEach((key) => localStorage.removeItem(key));
  } catch { /* nothing was kept */ }
}

// The button that opens the pages and the controls is called what is written on it, each time it is there again.
let named;
function nameMenu() {
  const button = document.querySelector('[data-testid=stExpandSidebarButton]');
  const written = button && getComputedStyle(button, '::after').content.slice(1, -1);
  if (written && !button.ariaLabel?.startsWith(written)) button.ariaLabel = `${written}: expand sidebar`;
  const header = document.querySelector('[data-testid=stHeader]');
  if (!header || named?.header === header) return;
  named?.watch.disconnect();
  named = { header, watch: new MutationObserver(nameMenu) };
  named.watch.observe(header, { childList: true, subtree: true });
}

export default function ({ data, parentElement }) {
  nameMenu();
  const [hint, again] = ['.hint', '.again'].map((name) => parentElement.querySelector(name));
  hint.hidden = !data.page || isAway(data.page);
  hint.querySelector('.said').textContent = data.said;
  hint.querySelector('.away').onclick = () => { put(data.page); hint.hidden = true; };
  again.hidden = Boolean(data.page);
  const back = again.querySelector('.back');
  back.textContent = 'Show the hints again';
  back.onclick = () => { bringBack(); back.textContent = 'Hints are shown again on every page'; };
}
