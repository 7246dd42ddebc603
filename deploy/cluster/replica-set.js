// The health check of the member called mongo: it makes the replica set, or adds the others to one that it has been
// alone in. It is preferred as primary, because its port is the one that is published: tools on this computer write there.
const members = [
  { _id: 0, host: "mongo:27017", priority: 2 },
  { _id: 1, host: "mongo-2:27017", priority: 1 },
  { _id: 2, host: "mongo-3:27017", priority: 1 },
];
// A dead primary is noticed after 4 s instead of 10.
const settings = { electionTimeoutMillis: 4000, heartbeatIntervalMillis: 1000 };

function serves() {
  const told = db.hello();
  return told.isWritablePrimary || told.secondary;
}

try {
  rs.status();
} catch (error) {
  if (error.codeName !== "NotYetInitialized") throw error;
  rs.initiate({ _id: "rs0", members, settings });
}
for (let i = 0; i < 100 && !serves(); i++) sleep(100);
if (!serves()) quit(1);
if (db.hello().isWritablePrimary) {
  // The data of a lab that was no cluster: one member a time.
  const known = rs.conf().members.map((member) => member.host);
  for (const member of members) if (!known.includes(member.host)) rs.add(member);
}
