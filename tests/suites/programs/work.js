// Buffers, JSON, compression, a hash, promises: what of node allocates outside of V8's own heap.
const zlib = require('zlib');
const crypto = require('crypto');

const rows = Array.from({ length: 5000 }, (_, i) => ({ id: i, name: `name ${(i * 7919) % 5000}`, tags: [i % 3, i % 7] }));
const text = JSON.stringify(rows);
const packed = zlib.deflateSync(text);
const hash = crypto.createHash('sha256').update(zlib.inflateSync(packed)).digest('hex');
const buffers = [];

for (let i = 0; i < 2000; i++)
        buffers.push(Buffer.alloc(20000 + i, i % 251));
console.log(text.length, hash, Buffer.concat(buffers).length);
Promise.all([1, 2, 3, 4].map(level => new Promise(done => zlib.gzip(text, { level }, (_, data) => done(zlib.gunzipSync(data).length)))))
        .then(sizes => { console.log(sizes); process.exitCode = 5; });
