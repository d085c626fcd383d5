// What the page asks of the server that gave it. The token is part of the address, so relative ones carry it.

const path = (image, rest = '') => `images/${image.shelf}/${encodeURIComponent(image.id)}${rest}`;

export class Refused extends Error {
  constructor(status, error) {
    super(error?.message ?? `The server answered ${status}.`);
    this.status = status;
    this.hint = error?.hint ?? '';
  }
}

async function ask(address, options = {}) {
  let answer;
  try {
    answer = await fetch(address, options);
  } catch {
    throw new Refused(0, { message: '`atelier sky review` has ended.', hint: 'Start it again.' });
  }
  if (answer.ok) return answer;
  const body = await answer.json().catch(() => ({}));
  throw new Refused(answer.status, body.error);
}

const post = (address, body) =>
  ask(address, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });

export const list = async () => (await ask('images')).json();
export const report = async (image) => (await ask(path(image))).json();
export const approve = (image) => post(path(image, '/approve'), {});
export const reject = (image, reason) => post(path(image, '/reject'), { reason });
export const file = (image, name) => path(image, `/${name.split('/').map(encodeURIComponent).join('/')}`);
export const wtml = (image) => new URL(path(image, '/place.wtml'), document.baseURI).href;
