// How a message gets to the broker.
'use strict';

class Unavailable extends Error {}

// Resolves once the broker has the message safely in a queue; rejects with Unavailable where it has not.
// `channel` is a ConfirmChannel: the last argument of its publish is called when the broker has confirmed, with an
// error where it has refused. What found no queue it returns first, if the message was mandatory, and confirms it all
// the same: the ids of what was returned are in the set `returned`.

function publish(channel, returned, queue, body, messageId, properties) {
  const options = { persistent: true, contentType: 'application/json', messageId, ...properties };
  return new Promise((done, fail) => {
    channel.publish('', queue, body, options, (error) => {
      if (error) fail(new Unavailable('RabbitMQ did not take the message'));
      else if (returned.delete(messageId)) fail(new Unavailable(`There is no queue ${queue}`));
      else done();
    });
  });
}

module.exports = { publish, Unavailable };
