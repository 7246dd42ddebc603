// The two parts that both programs talk to: RabbitMQ, with a connection that comes back, and MongoDB.
'use strict';

const amqp = require('amqplib');
const { MongoClient } = require('mongodb');
const { publish, Unavailable } = require('./publish');

const { RABBIT_HOST, RABBIT_PORT, RABBIT_USER, RABBIT_PASSWORD, RABBIT_QUEUE, MONGO_URI, DB_NAME, COLLECTION } =
  process.env;
const PATIENCE = 4000;
const AGAIN = 200;

// A connection with one channel; when it is lost, another is made, and `ready` is called with its channel.
class Broker {
  constructor(ready = async () => {}) {
    this.ready = ready;
    this.channel = null;
    this.returned = new Set();
    this.stopped = false;
    this.connect();
  }

  async connect() {
    if (this.stopped) return;
    const address = {
      hostname: RABBIT_HOST,
      port: Number(RABBIT_PORT),
      username: RABBIT_USER,
      password: RABBIT_PASSWORD,
      heartbeat: 10,
    };
    try {
      this.connection = await amqp.connect(address, { family: 4 });
      this.connection.on('error', (error) => console.error(`RabbitMQ: ${error.message}`));
      this.connection.on('close', () => this.lost());
      const channel = await this.connection.createConfirmChannel();
      channel.on('error', (error) => console.error(`RabbitMQ: ${error.message}`));
      channel.on('close', () => this.connection.close().catch(() => {}));
      channel.on('return', (message) => this.returned.add(message.properties.messageId));
      await this.ready(channel);
      this.channel = channel;
    } catch (error) {
      console.error(`RabbitMQ does not answer: ${error.message}`);
      if (this.connection) this.connection.close().catch(() => {});
      this.lost();
    }
  }

  lost() {
    if (this.again || this.stopped) return;
    this.channel = null;
    this.again = setTimeout(() => {
      this.again = null;
      this.connect();
    }, AGAIN);
  }

  // Begins anew: what the broker has cancelled comes back with another connection only.
  restart() {
    if (this.connection) this.connection.close().catch(() => {});
  }

  // Resolves once the broker has the message safely in a queue; else rejects with Unavailable.
  async publish(queue, body, messageId, properties) {
    if (!this.channel) throw new Unavailable('RabbitMQ is not connected');
    const late = new Promise((_, fail) => {
      setTimeout(() => fail(new Unavailable('RabbitMQ has not confirmed in time')), PATIENCE).unref();
    });
    try {
      await Promise.race([publish(this.channel, this.returned, queue, body, messageId, properties), late]);
    } catch (error) {
      throw error instanceof Unavailable ? error : new Unavailable(`RabbitMQ: ${error.message}`);
    }
  }

  async close() {
    this.stopped = true;
    clearTimeout(this.again);
    if (this.connection) await this.connection.close().catch(() => {});
  }
}

// The collection. A write counts when a majority has it in its journal; nobody waits for ever.
async function collection() {
  const client = new MongoClient(MONGO_URI, {
    family: 4,
    serverSelectionTimeoutMS: 2000,
    socketTimeoutMS: 5000,
    writeConcern: { w: 'majority', j: true },
  });
  return client.db(DB_NAME).collection(COLLECTION);
}

module.exports = { Broker, Unavailable, collection, QUEUE: RABBIT_QUEUE, DEAD: `${RABBIT_QUEUE}.dead` };
