// A link to another page of the app gets every parameter of the address bar, and keeps what it names itself.
const PAGES = /^(glossary|rulebooks)\?/;
const OWN = ['term', 'rulebook.search'];
const EVENTS = ['pointerover', 'pointerdown', 'focusin', 'click'];
let listener = null;

function forget(own) {
  EVENTS.forEach((name) => document.removeEventListener(name, own, true));
}

export default function () {
  if (listener) forget(listener);
  listener = (event) => {
    const link = event.target.closest ? event.target.closest('a[href]') : null;
    const found = link ? link.getAttribute('href') : '';
    if (!PAGES.test(found)) return;
    const [page, said] = found.split('?');
    const [named, taken] = [new URLSearchParams(said), new URLSearchParams(window.location.search)];
    OWN.filter((name) => named.has(name)).forEach((name) => taken.set(name, named.get(name)));
    link.setAttribute('href', `${page}?${taken}`);
  };
  EVENTS.forEach((name) => document.addEventListener(name, listener, true));
  const own = listener;
  return () => forget(own);
}
