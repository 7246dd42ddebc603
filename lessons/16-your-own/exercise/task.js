// What a task is, in its three shapes: asked for, queued, stored. The same rules as core/task.py and core/enrich.py.
'use strict';

const crypto = require('node:crypto');

const KEYS = Buffer.from('6f1c0b526a3e5d0e9b1b8a1d5f6f7a10', 'hex');
const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const NAME = /^[a-z][a-z0-9-]{0,31}$/;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

class NotJson extends Error {}
class NotATask extends Error {}

// The value in the bytes. JSON allows half of a character that needs two; nobody behind the queue could store it.
function parse(bytes) {
  let text;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    const whole = (name, value) => {
      if (/\p{Surrogate}/u.test(name) || (typeof value === 'string' && /\p{Surrogate}/u.test(value)))
        throw new Error('half a character');
      return value;
    };
    return [JSON.parse(text, whole), text];
  } catch (error) {
    throw new NotJson(`The body is not JSON in UTF-8: ${error.message}`);
  }
}

const length = (text) => [...text].length;

function must(holds, what) {
  if (!holds) throw new NotATask(what);
}

function members(value, known, what) {
  must(value !== null && typeof value === 'object' && !Array.isArray(value), `${what} must be an object`);
  for (const name of Object.keys(value))
    must(
      known.includes(name),
      `${what} has a member ${JSON.stringify(name.slice(0, 40))} that the contract does not know`,
    );
}

function string(value, most, what) {
  must(typeof value === 'string' && length(value) <= most, `${what} must be a text of at most ${most} characters`);
  return value;
}

function milliseconds(value, most, what) {
  must(Number.isInteger(value) && value >= 0 && value <= most, `${what} must be a whole number from 0 to ${most}`);
  return value;
}

// What the client asked for, of a task in any shape; throws NotATask, which says what is wrong.
function content(value, text) {
  const title = string(value.title, 200, 'title');
  must(/[^ \t\r\n]/.test(title), 'title must not be blank');
  const notes = string(value.notes === undefined ? '' : value.notes, 10000, 'notes');
  const work = value.work === undefined ? {} : value.work;
  members(work, ['io_ms', 'cpu_ms'], 'work');
  // To JSON.parse 1.0 is 1; to the contract it is not.
  must(!/"(io|cpu)_ms"\s*:\s*-?\d+[.eE]/.test(text), 'work must have whole numbers');
  const { io_ms = 0, cpu_ms = 0 } = work;
  return {
    title,
    notes,
    work: { io_ms: milliseconds(io_ms, 5000, 'io_ms'), cpu_ms: milliseconds(cpu_ms, 1000, 'cpu_ms') },
  };
}

// The body of POST /tasks; throws NotJson (400) or NotATask (422).
function newTask(bytes) {
  const [value, text] = parse(bytes);
  members(value, ['title', 'notes', 'work'], 'A task');
  return content(value, text);
}

// The body of a message; throws one of the two, whose words are the reason kept with the dead letter.
function queuedTask(bytes) {
  const [value, text] = parse(bytes);
  members(value, ['id', 'title', 'notes', 'work', 'source', 'host', 'request_id', 'accepted', 'nginx'], 'A message');
  must(typeof value.id === 'string' && ID.test(value.id), 'id must be a UUID');
  must(typeof value.source === 'string' && NAME.test(value.source), 'source must be a name');
  const told = { id: value.id, ...content(value, text), source: value.source };
  told.host = string(value.host, 128, 'host');
  told.request_id = string(value.request_id, 128, 'request_id');
  must(
    TIME.test(value.accepted) && !Number.isNaN(Date.parse(value.accepted)),
    'accepted must be a time with its zone',
  );
  told.accepted = new Date(value.accepted);
  must(
    value.nginx === undefined || value.nginx === null || TIME.test(value.nginx),
    'nginx must be a time with its zone',
  );
  told.nginx = value.nginx ? new Date(value.nginx) : null;
  return told;
}

// Ordered by time (UUID version 7): what is new comes last in every index.
function newId() {
  const bytes = crypto.randomBytes(16);
  bytes.writeUIntBE(Date.now(), 0, 6);
  return uuid(bytes, 7);
}

// The same id for the same Idempotency-Key, on every producer (UUID version 5).
function idOfKey(key) {
  return uuid(crypto.createHash('sha1').update(KEYS).update(key).digest().subarray(0, 16), 5);
}

function uuid(bytes, version) {
  bytes[6] = (bytes[6] & 0x0f) | (version << 4);
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

const sameContent = (one, other) =>
  one.title === other.title &&
  one.notes === other.notes &&
  one.work.io_ms === other.work.io_ms &&
  one.work.cpu_ms === other.work.cpu_ms;

// The document to store; `receipt` says who received the task, when, and on which attempt.
function enrich(task, receipt) {
  const text = `${task.title}\n${task.notes}`;
  const words =
    task.title
      .normalize('NFKC')
      .toLowerCase()
      .match(/[\p{L}\p{N}_]+/gu) || [];
  const tags = [...text.matchAll(/(?<![\p{L}\p{N}_])#([\p{L}\p{N}_]+)/gu)].map((match) => match[1].toLowerCase());
  return {
    _id: task.id,
    title: task.title,
    notes: task.notes,
    work: task.work,
    source: task.source,
    worker: receipt.worker,
    slug:
      [...words.join('-')]
        .slice(0, 80)
        .join('')
        .replace(/^-+|-+$/g, '') || 'task',
    words: text.split(/\s+/u).filter(Boolean).length,
    characters: length(task.title) + length(task.notes),
    hashtags: [...new Set(tags)],
    passport: {
      request_id: task.request_id,
      producer: { name: task.source, host: task.host },
      worker: { name: receipt.worker, host: receipt.host },
      attempt: receipt.attempt,
      redelivered: receipt.redelivered,
      waited_ms: receipt.received - task.accepted,
      times: { nginx: task.nginx, accepted: task.accepted, received: receipt.received, stored: new Date() },
    },
  };
}

// A stored document as the contract shows it.
function shown({ _id, ...rest }) {
  return { id: _id, status: 'stored', ...rest };
}

module.exports = { ID, NAME, NotJson, NotATask, newTask, queuedTask, newId, idOfKey, sameContent, enrich, shown };
