// How a message gets to the broker.
'use strict';

class Unavailable extends Error {}

// Resolves once the broker has the message safely in a queue; rejects with Unavailable where it has not.
// `channel` is a ConfirmChannel: the last argument of its publish is called when the broker has confirmed, with an
// error where it has refused. What found no queue it returns first, if the message was mandatory, and confirms it all
// the same: the ids of what was returned are in the set `returned`.

async function publish(channel, returned, queue, body, messageId, properties) {
  // Your turn.
  channel.publish('', queue, body, { messageId, ...properties });
}

module.exports = { publish, Unavailable };
