// The page of `atelier sky review`: the list of what waits, the views and facts of the one that is looked at, and what
// is done with it.
import { by, el, toast } from './dom.js';
import { facts_of, remark_list } from './facts.js';
import { PictureView } from './picture.js';
import * as server from './server.js';
import { SkyView } from './sky.js';

const look_again = 3000;  // milliseconds between two looks at what waits
const reasons = ['Lies at the wrong place', 'Wrong scale or rotation', 'Mirrored', 'Poor picture', 'Wrong credits', 'Twice', 'Not of the sky'];

const state = { images: [], current: null, report: null, judged: { approved: 0, rejected: 0 }, text: '', busy: false };
const key_of = (image) => (image ? `${image.shelf}/${image.id}` : '');
const stage = by('stage');
const picture = new PictureView();
const sky = new SkyView();

// --- the list

const shelf_titles = { processed: 'Processed', out_todo: 'Published next' };

function thumbnail(image) {
  if (!image.thumbnail) return el('span', { class: 'thumb none' });
  return el('img', { class: 'thumb', src: `${server.file(image, 'thumb.jpg')}?${image.changed}`, alt: '', loading: 'lazy', width: 96, height: 45 });
}

function list_item(image) {
  return el('li', {}, el('button', { dataset: { key: key_of(image) }, onclick: () => choose(image) },
    thumbnail(image), el('span', { class: 'name' }, image.title), el('span', { class: 'id' }, image.id),
    image.problem && el('span', { class: 'flag', title: image.problem }, 'broken')));
}

function shown() {
  const wanted = by('filter').value.trim().toLowerCase();
  return state.images.filter((image) => !wanted || `${image.title} ${image.id}`.toLowerCase().includes(wanted));
}

function draw_list() {
  const images = shown(), shelves = new Set(state.images.map((image) => image.shelf)), items = [];
  let shelf = null;
  for (const image of images) {
    if (shelves.size > 1 && image.shelf !== shelf) items.push(el('li', { class: 'shelf' }, shelf_titles[image.shelf]));
    shelf = image.shelf;
    items.push(list_item(image));
  }
  if (!images.length && state.images.length) items.push(el('li', { class: 'shelf' }, 'None of that name'));
  by('images').replaceChildren(...items);
  mark_current();
}

function mark_current() {
  for (const button of by('images').querySelectorAll('button')) {
    const is_current = button.dataset.key === key_of(state.current);
    button.setAttribute('aria-current', is_current);
    if (is_current) button.scrollIntoView({ block: 'nearest' });
  }
  const images = shown(), at = images.findIndex((image) => key_of(image) === key_of(state.current));
  by('progress').textContent = state.images.length ? `${at >= 0 ? `${at + 1} of ` : ''}${images.length} waiting` : '';
  const { approved, rejected } = state.judged;
  by('judged').textContent = approved || rejected ? `This sitting: ${approved} approved, ${rejected} rejected` : '';
}

// --- the one that is looked at

async function choose(image) {
  state.current = image;
  state.report = null;
  by('gone').hidden = true;
  mark_current();
  stage.classList.toggle('without', !image);
  by('empty').hidden = !!image;
  for (const id of ['approve-button', 'reject-button', 'skip-button']) by(id).disabled = !image;
  if (!image) {
    by('title').textContent = by('id').textContent = '';
    by('facts').replaceChildren();
    picture.show(null);
    sky.show(null);
    return;
  }
  by('title').textContent = image.title;
  by('id').textContent = `${image.shelf} / ${image.id}`;
  document.title = `${image.title} – Sky review`;
  try {
    const report = await server.report(image);
    if (key_of(state.current) === key_of(image)) show(report);
  } catch (error) {
    if (key_of(state.current) === key_of(image)) tell_gone(error);
  }
}

function show(report) {
  state.report = report;
  by('facts').replaceChildren(...facts_of(report));
  by('facts').scrollTop = 0;
  by('approve-button').disabled = !!report.problem;
  picture.show(report.problem ? null : report);
  sky.show(report);
}

function tell_gone(error) {
  by('gone').replaceChildren(el('b', {}, error.message), el('span', {}, error.hint ?? ''));
  by('gone').hidden = false;
  by('approve-button').disabled = by('reject-button').disabled = true;
}

function step(by_how_many) {
  const images = shown(), at = images.findIndex((image) => key_of(image) === key_of(state.current));
  const next = images[Math.min(Math.max(at + by_how_many, 0), images.length - 1)];
  if (next && key_of(next) !== key_of(state.current)) choose(next);
}

// --- looking again: others may judge, process or publish meanwhile

async function look() {
  let found;
  try {
    found = await server.list();
    document.body.classList.remove('lost');
  } catch (error) {
    document.body.classList.add('lost');
    return tell_gone(error);
  }
  const text = JSON.stringify(found);
  if (text === state.text || state.busy) return;
  state.text = text;
  take(found);
}

function take(found) {
  const before = state.current && state.images.find((image) => key_of(image) === key_of(state.current));
  state.images = found.images;
  by('work-folder').textContent = found.work_folder;
  by('empty-hint').textContent = `in ${found.work_folder}`;
  draw_list();
  const now = state.images.find((image) => key_of(image) === key_of(state.current));
  if (!state.current) {
    choose(state.images[0] ?? null);
  } else if (!now) {
    tell_gone({ message: `${state.current.title} doesn't wait any more.`, hint: 'It was judged elsewhere, or is being processed again.' });
  } else if (before && now.changed !== before.changed) {
    toast(`${now.title} was processed again`);
    choose(now);
  }
}

// --- approve, reject

async function judge(image, act, done) {
  if (state.busy) return;
  state.busy = true;
  document.body.classList.add('busy');
  try {
    await act();
    const images = shown(), at = images.findIndex((one) => key_of(one) === key_of(image));
    const next = images[at + 1] ?? images[at - 1] ?? null;
    state.images = state.images.filter((one) => key_of(one) !== key_of(image));
    done();
    draw_list();
    await choose(next);
  } catch (error) {
    toast(`${error.message} ${error.hint ?? ''}`, 'bad');
  } finally {
    state.busy = false;
    document.body.classList.remove('busy');
    look();
  }
}

function approve() {
  const image = state.current;
  if (!image || !state.report || by('approve-button').disabled) return;
  const against = (state.report.remarks ?? []).filter((remark) => remark.grade === 'stop');
  if (!against.length) return approve_now(image);
  by('sure-title').textContent = image.title;
  by('sure-remarks').replaceChildren(...remark_list(against));
  by('sure-dialog').showModal();
}

function approve_now(image) {
  return judge(image, () => server.approve(image), () => {
    state.judged.approved += 1;
    toast(`Approved ${image.title}`, 'good');
  });
}

function open_reject() {
  if (!state.current || by('reject-button').disabled) return;
  by('reject-title').textContent = state.current.title;
  by('reason').value = '';
  by('reject-confirm').disabled = true;
  by('reject-dialog').showModal();
  by('reason').focus();
}

function reject() {
  const image = state.current, reason = by('reason').value.trim();
  if (!image || !reason) return;
  by('reject-dialog').close();
  judge(image, () => server.reject(image, reason), () => {
    state.judged.rejected += 1;
    toast(`Rejected ${image.title}`);
  });
}

// --- views

function view(name) {
  stage.dataset.view = name;
  for (const button of document.querySelectorAll('.choice button'))
    button.setAttribute('aria-pressed', button.dataset.view === name);
  try { sessionStorage.setItem('view', name); } catch { /* not kept then */ }
  requestAnimationFrame(() => { picture.fit(true); picture.draw(); sky.revealed(); });
}

function flip(button, change) {
  const is_on = button.getAttribute('aria-pressed') !== 'true';
  button.setAttribute('aria-pressed', is_on);
  change(is_on);
  picture.draw();
  sky.wake();
}

function fade(value) {
  by('opacity').value = Math.min(100, Math.max(0, value));
  sky.fade(Number(by('opacity').value));
}

const fit = () => { picture.fit(); sky.fit(); };
const flip_outline = () => flip(by('outline-button'), (is_on) => { picture.outline = sky.outline = is_on; });
const flip_grid = () => flip(by('grid-button'), (is_on) => { sky.grid = is_on; });
function flip_wtml() {
  const part = by('wtml');
  if (!part) return;
  part.open = !part.open;
  part.scrollIntoView({ block: 'nearest' });
}

// --- keys and buttons

const keys = {
  j: () => step(1), ArrowDown: () => step(1), k: () => step(-1), ArrowUp: () => step(-1),
  a: approve, r: open_reject, 1: () => view('picture'), 2: () => view('both'), 3: () => view('sky'),
  f: fit, p: () => picture.one_to_one(), o: flip_outline, g: flip_grid, w: flip_wtml,
  '[': () => fade(Number(by('opacity').value) - 10), ']': () => fade(Number(by('opacity').value) + 10),
  '/': () => by('filter').focus(), '?': () => by('help-dialog').showModal(),
};

document.addEventListener('keydown', (event) => {
  const is_typing = event.target.matches('textarea, input:not([type=range])') && event.target.checkVisibility();
  if (event.target === by('filter') && ['Escape', 'Enter'].includes(event.key)) {
    if (event.key === 'Escape') { by('filter').value = ''; draw_list(); }
    return by('filter').blur();
  }
  if (is_typing || event.ctrlKey || event.metaKey || event.altKey || document.querySelector('dialog[open]')) return;
  const act = keys[event.key];
  if (!act) return;
  event.preventDefault();
  act();
}, true);

for (const dialog of document.querySelectorAll('dialog'))
  dialog.addEventListener('close', () => {  // its text doesn't keep the keys; who has begun to type elsewhere does
    if (dialog.contains(document.activeElement)) document.activeElement.blur();
  });
by('approve-button').addEventListener('click', approve);
by('reject-button').addEventListener('click', open_reject);
by('skip-button').addEventListener('click', () => step(1));
by('help-button').addEventListener('click', () => by('help-dialog').showModal());
by('outline-button').addEventListener('click', flip_outline);
by('grid-button').addEventListener('click', flip_grid);
by('fit-button').addEventListener('click', fit);
by('pixels-button').addEventListener('click', () => picture.one_to_one());
by('opacity').addEventListener('input', (event) => fade(Number(event.target.value)));
by('filter').addEventListener('input', draw_list);
for (const button of document.querySelectorAll('.choice button')) button.addEventListener('click', () => view(button.dataset.view));
by('reject-cancel').addEventListener('click', () => by('reject-dialog').close());
by('reject-confirm').addEventListener('click', (event) => { event.preventDefault(); reject(); });
by('sure-cancel').addEventListener('click', () => by('sure-dialog').close());
by('sure-confirm').addEventListener('click', (event) => {
  event.preventDefault();
  by('sure-dialog').close();
  approve_now(state.current);
});
by('reason').addEventListener('input', () => { by('reject-confirm').disabled = !by('reason').value.trim(); });
by('reason').addEventListener('keydown', (event) => { if (event.key === 'Enter' && event.ctrlKey) reject(); });
by('reasons').append(...reasons.map((reason) => el('button', { type: 'button', onclick: () => {
  by('reason').value = by('reason').value.trim() ? `${by('reason').value.trim()}; ${reason}` : reason;
  by('reason').dispatchEvent(new Event('input'));
  by('reason').focus();
} }, reason)));

let first_view = 'both';
try { first_view = sessionStorage.getItem('view') ?? first_view; } catch { /* the usual one */ }
view(first_view);
look();
setInterval(() => { if (!document.hidden) look(); }, look_again);
document.addEventListener('visibilitychange', () => { if (!document.hidden) { look(); sky.wake(); } });
window.review = { state, picture, sky };  // for the console and the tests
