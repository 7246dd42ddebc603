// The worker: stores each task once, and puts what is no task among the dead letters, with the reason.
'use strict';

const os = require('node:os');
const { Broker, collection, QUEUE, DEAD } = require('./parts');
const { store } = require('./store');
const { queuedTask, enrich } = require('./task');

const NAME = 'yoursworker';
const PREFETCH = 50;
const REST = 500;
const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

async function main() {
  const tasks = await collection();
  const broker = new Broker(async (channel) => {
    await channel.prefetch(PREFETCH);
    await channel.consume(QUEUE, (message) => {
      // Without a message the broker says: the queue is gone, and with it this consumer.
      if (message === null) return broker.restart();
      return handle(broker, channel, tasks, message);
    });
  });
  process.on('SIGTERM', async () => {
    await broker.close();
    process.exit(0);
  });
}

// One message, to its end. An error of ours, or of the database: it goes back, and comes again.
async function handle(broker, channel, tasks, message) {
  try {
    const reason = await work(tasks, message);
    if (reason) await bury(broker, message, reason);
    channel.ack(message);
  } catch (error) {
    console.error(`${message.properties.messageId}: ${error.message}`);
    await pause(REST);
    try {
      channel.nack(message);
    } catch {
      /* The channel is gone: what was not acknowledged comes back by itself. */
    }
  }
}

const attemptOf = (message) => {
  const found = (message.properties.headers || {}).attempt;
  return Number.isInteger(found) && found > 0 ? found : 1;
};

// Why the message can never be stored; empty once it is.
async function work(tasks, message) {
  const received = new Date();
  let task;
  try {
    if (message.content.length > 256 * 1024) throw new Error('the body is too long');
    task = queuedTask(message.content);
  } catch (error) {
    return error.message;
  }
  await pause(task.work.io_ms);
  for (const ends = Date.now() + task.work.cpu_ms; Date.now() < ends;);
  const receipt = {
    worker: NAME,
    host: os.hostname(),
    attempt: attemptOf(message),
    redelivered: message.fields.redelivered,
    received,
  };
  return store(tasks, enrich(task, receipt));
}

// To the dead letters as it came, with the reason; only then may the broker forget it.
async function bury(broker, message, reason) {
  const { messageId, correlationId, appId, headers } = message.properties;
  const told = {
    ...headers,
    attempt: attemptOf(message),
    reason: reason.slice(0, 500),
    queue: QUEUE,
    'dead-at': new Date().toISOString(),
  };
  await broker.publish(DEAD, message.content, messageId || '', { correlationId, appId, headers: told });
}

main();
