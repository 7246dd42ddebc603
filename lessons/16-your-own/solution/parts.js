// The two parts that both programs talk to: RabbitMQ, with a connection that comes back, and MongoDB.
'use strict';

const amqp = require('amqplib');
const { MongoClient } = require('mongodb');

const { RABBIT_HOST, RABBIT_PORT, RABBIT_USER, RABBIT_PASSWORD, RABBIT_QUEUE, MONGO_URI, DB_NAME, COLLECTION } = process.env;
const PATIENCE = 4000;
const AGAIN = 200;

class Unavailable extends Error {}

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
    const address = { hostname: RABBIT_HOST, port: Number(RABBIT_PORT), username: RABBIT_USER, password: RABBIT_PASSWORD, heartbeat: 10 };
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
    this.again = setTimeout(() => { this.again = null; this.connect(); }, AGAIN);
  }

  // Begins anew: what the broker has cancelled comes back with another connection only.
  restart() {
    if (this.connection) this.connection.close().catch(() => {});
  }

  // Resolves once the broker has the message safely in a queue; else throws Unavailable.
  publish(queue, body, messageId, properties) {
    const options = { persistent: true, mandatory: true, contentType: 'application/json', messageId, timestamp: Math.floor(Date.now() / 1000), ...properties };
    return new Promise((done, fail) => {
      const no = (what) => fail(new Unavailable(what));
      if (!this.channel) return no('RabbitMQ is not connected');
      const late = setTimeout(() => no('RabbitMQ has not confirmed in time'), PATIENCE);
      return this.channel.publish('', queue, body, options, (error) => {
        clearTimeout(late);
        if (error) return no('RabbitMQ did not take the message');
        // It returns what found no queue first, and confirms it all the same.
        return this.returned.delete(messageId) ? no(`There is no queue ${queue}`) : done();
      });
    });
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
    family: 4, serverSelectionTimeoutMS: 2000, socketTimeoutMS: 5000, writeConcern: { w: 'majority', j: true },
  });
  return client.db(DB_NAME).collection(COLLECTION);
}

module.exports = { Broker, Unavailable, collection, QUEUE: RABBIT_QUEUE, DEAD: `${RABBIT_QUEUE}.dead` };
