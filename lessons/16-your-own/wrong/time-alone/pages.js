// A page of stored tasks.
'use strict';

const STORED = 'passport.times.stored';

// The documents that match `wanted`, newest first (by STORED, and where that is equal by _id): at most `limit`, and
// whether there are more. `after`, where it is given, is [time, id] of the last document of the page before.

async function page(tasks, wanted, limit, after) {
  // What was stored in the same millisecond as the last one was on the page before.
  const filter = after ? { ...wanted, [STORED]: { $lt: after[0] } } : wanted;
  const found = await tasks
    .find(filter)
    .sort({ [STORED]: -1, _id: -1 })
    .limit(limit + 1)
    .toArray();
  return { items: found.slice(0, limit), more: found.length > limit };
}

module.exports = { page };
