// The producer: takes tasks over HTTP, and answers once the broker has them. Tells what is stored.
'use strict';

const crypto = require('node:crypto');
const fs = require('node:fs');
const http = require('node:http');
const os = require('node:os');
const { Broker, Unavailable, collection, QUEUE } = require('./parts');
const { page } = require('./pages');
const { ID, NAME, NotJson, NotATask, newTask, newId, idOfKey, sameContent, shown } = require('./task');

const SELF = 'yours';
const MOST = 64 * 1024;
const CURSOR = /^([0-9]{1,13})\.([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;
const TITLES = {
  400: 'Bad Request',
  404: 'Not Found',
  405: 'Method Not Allowed',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  422: 'Unprocessable Content',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
};
const PAGE = '<!doctype html><title>Yours</title><p>The contract: <a href="openapi.yaml">openapi.yaml</a>.';
const counted = new Map();
let broker;
let tasks;

// An error that the client is told.
class Refusal extends Error {
  constructor(status, detail, headers = {}) {
    super(detail);
    Object.assign(this, { status, headers });
  }
}

const json = (status, value, headers = {}, type = 'application/json') => ({
  status,
  headers: { 'Content-Type': type, ...headers },
  body: Buffer.from(`${JSON.stringify(value)}\n`),
});

const problem = (status, detail, id, headers) =>
  json(
    status,
    { type: 'about:blank', title: TITLES[status], status, detail: detail.slice(0, 900), request_id: id },
    headers,
    'application/problem+json',
  );

// --- What the service offers -----------------------------------------------------------------------------------------

const ROUTES = [
  [/^\/$/, { GET: index }],
  [/^\/tasks$/, { GET: list, POST: create }],
  [/^\/tasks\/([^/]+)$/, { GET: one }],
  [/^\/healthz$/, { GET: async () => json(200, { status: 'alive' }) }],
  [/^\/readyz$/, { GET: ready }],
  [/^\/metrics$/, { GET: metrics }],
  [
    /^\/openapi\.yaml$/,
    {
      GET: async () => ({
        status: 200,
        headers: { 'Content-Type': 'application/yaml' },
        body: fs.readFileSync(process.env.CONTRACT),
      }),
    },
  ],
  [
    /^\/docs$/,
    {
      GET: async () => ({
        status: 200,
        headers: { 'Content-Type': 'text/html; charset=utf-8' },
        body: Buffer.from(PAGE),
      }),
    },
  ],
];

async function index(asked) {
  const names = ['tasks', 'docs', 'openapi.yaml', 'healthz', 'readyz', 'metrics'];
  return json(200, {
    service: SELF,
    links: Object.fromEntries(names.map((name) => [name, `${asked.prefix}/${name}`])),
  });
}

async function ready() {
  if (!broker.channel) throw new Refusal(503, 'broker: RabbitMQ is not connected', { 'Retry-After': '2' });
  await database(() => tasks.findOne({}, { projection: { _id: 1 } }));
  return json(200, { status: 'ready' });
}

async function metrics() {
  const lines = [...counted].map(
    ([status, count]) => `tasklab_http_requests_total{service="${SELF}",status="${status}"} ${count}`,
  );
  const text = `# TYPE tasklab_http_requests_total counter\n${lines.join('\n')}\ntasklab_up{service="${SELF}"} 1\n`;
  return {
    status: 200,
    headers: { 'Content-Type': 'text/plain; version=0.0.4; charset=utf-8' },
    body: Buffer.from(text),
  };
}

async function create(asked) {
  mustBeJson(asked.headers);
  const key = keyOf(asked.headers);
  const wished = newTask(asked.body);
  const id = key === null ? newId() : idOfKey(key);
  const told = json(202, { id, status: 'queued', source: SELF }, { Location: `${asked.prefix}/tasks/${id}` });
  const stored = key === null ? null : await database(() => tasks.findOne({ _id: id }));
  if (stored && !sameContent(stored, wished))
    throw new Refusal(422, 'This Idempotency-Key was used for another task. Use a new one.');
  if (stored) return told;
  const task = {
    id,
    ...wished,
    source: SELF,
    host: os.hostname(),
    request_id: asked.id,
    accepted: new Date(),
    nginx: asked.nginx,
  };
  try {
    await broker.publish(QUEUE, Buffer.from(JSON.stringify(task)), id, {
      correlationId: asked.id,
      appId: SELF,
      headers: { attempt: 1 },
    });
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    throw new Refusal(503, `${error.message}. Send the task again in a moment, with the same Idempotency-Key.`, {
      'Retry-After': '2',
    });
  }
  return told;
}

async function one(asked, id) {
  const ends = Date.now() + asked.wait * 1000;
  let found = await stored(id);
  const waits = !found && asked.wait > 0 ? { 'Preference-Applied': `wait=${asked.wait}` } : {};
  while (!found && Date.now() < ends) {
    await new Promise((done) => setTimeout(done, 50));
    found = await stored(id);
  }
  if (!found)
    throw new Refusal(
      404,
      'No task with this id is stored (yet). Wait for it with the header Prefer: wait=5.',
      waits,
    );
  return json(200, shown(found), waits);
}

const stored = (id) => (ID.test(id) ? database(() => tasks.findOne({ _id: id })) : null);

async function list(asked) {
  const { limit, after, source, worker } = queryOf(asked.query);
  const wanted = { ...(source && { source }), ...(worker && { worker }) };
  const { items, more } = await database(() => page(tasks, wanted, limit, after));
  return json(200, {
    items: items.map(shown),
    next: more ? linkTo(asked, limit, source, worker, items.at(-1)) : null,
  });
}

const newest = (document) => document.passport.times.stored.getTime();

function linkTo(asked, limit, source, worker, last) {
  const query = new URLSearchParams({
    ...(limit !== 50 && { limit }),
    ...(source && { source }),
    ...(worker && { worker }),
    after: `${newest(last)}.${last._id}`,
  });
  return `${asked.prefix}/tasks?${query}`;
}

async function database(ask) {
  try {
    return await ask();
  } catch (error) {
    throw new Refusal(503, `MongoDB does not answer: ${error.message}`, { 'Retry-After': '2' });
  }
}

// --- What a request says ---------------------------------------------------------------------------------------------

function mustBeJson(headers) {
  const [type, ...parameters] = (headers['content-type'] || '').split(';');
  const charset = parameters.join(';').trim().toLowerCase().replaceAll('"', '');
  const plain = ['', 'identity'].includes((headers['content-encoding'] || '').toLowerCase());
  if (type.trim().toLowerCase() !== 'application/json' || !['', 'charset=utf-8'].includes(charset) || !plain) {
    throw new Refusal(415, 'The body must be declared as application/json, in UTF-8, and not compressed.');
  }
}

function keyOf(headers) {
  const key = headers['idempotency-key'];
  if (key === undefined) return null;
  if (!/^[!-~]{1,200}$/.test(key))
    throw new Refusal(400, 'Idempotency-Key must have 1 to 200 visible ASCII characters.');
  return key;
}

function queryOf(query) {
  const given = new Map();
  for (const [name, value] of query) {
    if (!['limit', 'after', 'source', 'worker'].includes(name) || given.has(name))
      throw new Refusal(400, 'There are the parameters limit, after, source and worker, each once.');
    given.set(name, value);
  }
  const told = { limit: 50 };
  if (given.has('limit')) told.limit = /^[0-9]{1,3}$/.test(given.get('limit')) ? Number(given.get('limit')) : 0;
  if (told.limit < 1 || told.limit > 100) throw new Refusal(400, 'limit must be a whole number from 1 to 100.');
  if (given.has('after')) {
    const match = CURSOR.exec(given.get('after'));
    if (!match) throw new Refusal(400, "after must be taken from a page's next link.");
    told.after = [new Date(Number(match[1])), match[2]];
  }
  for (const name of ['source', 'worker']) {
    if (given.has(name) && !NAME.test(given.get(name))) throw new Refusal(400, `${name} must be a name.`);
    told[name] = given.get(name);
  }
  return told;
}

function waitOf(headers) {
  for (const wish of (headers.prefer || '').toLowerCase().split(',')) {
    const match = /^wait=(\d{1,9})$/.exec(wish.trim().split(';')[0].replaceAll(' ', ''));
    if (match) return Math.min(Number(match[1]), 30);
  }
  return 0;
}

function nginxOf(headers) {
  const match = /^t=(\d{10})\.(\d{3})$/.exec(headers['x-request-start'] || '');
  return match ? new Date(Number(match[1]) * 1000 + Number(match[2])) : null;
}

async function bodyOf(request) {
  const parts = [];
  let size = 0;
  for await (const part of request) {
    size += part.length;
    if (size <= MOST) parts.push(part);
  }
  if (size > MOST) throw new Refusal(413, 'The body is longer than 64 KiB.');
  return Buffer.concat(parts);
}

// --- A request, to its end -------------------------------------------------------------------------------------------

async function answer(request, id) {
  const [path, query] = request.url.split(/\?(.*)/s);
  const [pattern, methods] = ROUTES.find(([known]) => known.test(path)) || [];
  const body = await bodyOf(request);
  if (!pattern) throw new Refusal(404, 'There is nothing at this address. GET /openapi.yaml lists what there is.');
  const act = methods[request.method === 'HEAD' ? 'GET' : request.method];
  if (!act)
    throw new Refusal(405, 'This address does not take this method.', {
      Allow: ['HEAD', ...Object.keys(methods)].join(', '),
    });
  const { headers } = request;
  const asked = {
    headers,
    body,
    id,
    query: new URLSearchParams(query || ''),
    prefix: headers['x-forwarded-prefix'] || '',
    wait: waitOf(headers),
    nginx: nginxOf(headers),
  };
  return act(asked, pattern.exec(path)[1]);
}

function refusal(error, id) {
  if (error instanceof Refusal) return problem(error.status, error.message, id, error.headers);
  if (error instanceof NotJson) return problem(400, error.message, id);
  if (error instanceof NotATask) return problem(422, error.message, id);
  console.error(error);
  return problem(500, 'The service has failed. Its log says why.', id);
}

async function serve(request, response) {
  const given = request.headers['x-request-id'] || '';
  const id = /^[A-Za-z0-9._-]{1,64}$/.test(given) ? given : crypto.randomBytes(16).toString('hex');
  const told = await answer(request, id).catch((error) => refusal(error, id));
  counted.set(told.status, (counted.get(told.status) || 0) + 1);
  response.writeHead(told.status, { ...told.headers, 'X-Request-ID': id, 'Content-Length': told.body.length });
  response.end(request.method === 'HEAD' ? undefined : told.body);
}

async function main() {
  tasks = await collection();
  broker = new Broker();
  const server = http.createServer(serve).listen(Number(process.env.PORT), '127.0.0.1');
  process.on('SIGTERM', async () => {
    server.close();
    await broker.close();
    process.exit(0);
  });
}

main();
