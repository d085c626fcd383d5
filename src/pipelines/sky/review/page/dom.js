// Small helpers to build the page. Text from outside becomes text nodes, never markup.

export const by = (id) => document.getElementById(id);

function fill(node, properties, children) {
  for (const [name, value] of Object.entries(properties)) {
    if (value === false || value === null || value === undefined) continue;
    if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else if (name === 'dataset') Object.assign(node.dataset, value);
    else node.setAttribute(name, value === true ? '' : value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

export const el = (name, properties = {}, ...children) => fill(document.createElement(name), properties, children);
export const svg = (name, properties = {}, ...children) =>
  fill(document.createElementNS('http://www.w3.org/2000/svg', name), properties, children);

// An address that someone may follow, or nothing.
export function link(address, text = address) {
  let url = null;
  try { url = new URL(address); } catch { /* not an address */ }
  if (!url || !['http:', 'https:'].includes(url.protocol)) return document.createTextNode(text);
  return el('a', { href: url.href, target: '_blank', rel: 'noreferrer noopener' }, text);
}

export function toast(text, kind = '') {
  const note = el('div', { class: `toast ${kind}` }, text);
  by('toasts').append(note);
  setTimeout(() => note.classList.add('leaving'), 3200);
  setTimeout(() => note.remove(), 3700);
}
