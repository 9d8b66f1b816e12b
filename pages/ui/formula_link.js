// Reports which figure was pressed: buttons with data-formula, wherever they stand on the page.
let listener = null;

export default function ({ setTriggerValue }) {
  if (listener) document.removeEventListener('click', listener);
  listener = (event) => {
    const figure = event.target.closest ? event.target.closest('[data-formula]') : null;
    if (figure) setTriggerValue('asked', figure.dataset.formula);
  };
  document.addEventListener('click', listener);
  const own = listener;
  return () => document.removeEventListener('click', own);
}
