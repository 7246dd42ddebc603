// A page of stored tasks.
'use strict';

const STORED = 'passport.times.stored';

// The documents that match `wanted`, newest first (by STORED, and where that is equal by _id): at most `limit`, and
// whether there are more. `after`, where it is given, is [time, id] of the last document of the page before.

async function page(tasks, wanted, limit, after) {
  const filter = { ...wanted };
  if (after) {
    const [time, id] = after;
    filter.$or = [{ [STORED]: { $lt: time } }, { [STORED]: time, _id: { $lt: id } }];
  }
  const found = await tasks
    .find(filter)
    .sort({ [STORED]: -1, _id: -1 })
    .limit(limit + 1)
    .toArray();
  return { items: found.slice(0, limit), more: found.length > limit };
}

module.exports = { page };
