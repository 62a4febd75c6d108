// The entry of a user-land start-up snapshot:
//
//   node --snapshot-blob BLOB --build-snapshot bench/rivals/node_snapshot.js
//   node --snapshot-blob BLOB [wait]
//
// The restored program ends at once. With an argument it says that it is there and waits for
// input, so that its memory can be looked at.
const fs = require('fs');
const { startupSnapshot } = require('v8');

startupSnapshot.setDeserializeMainFunction(() => {
  if (process.argv.includes('wait')) {
    fs.writeSync(1, 'ready\n');
    fs.readSync(0, Buffer.alloc(1));
  }
});
