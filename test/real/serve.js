// SPDX-License-Identifier: Apache-2.0
// serve.js - a web server that hashes and writes files while it waits.
//
//	serve.js DIR PORT
//
// Every few milliseconds DIR/progress grows, by way of node's thread pool. What
// the server answers is "steps hash": so many times was "ckpt" hashed. SIGTERM
// ends it.
const crypto = require('crypto'), fs = require('fs'), http = require('http'), path = require('path');

const progress = path.join(process.argv[2], 'progress');
let steps = 0, hash = 'ckpt';

const server = http.createServer((request, response) => response.end(`${steps} ${hash}`));
server.listen(Number(process.argv[3]), '127.0.0.1');

const timer = setInterval(() => {
	for (let i = 0; i < 100; i++)
		hash = crypto.createHash('sha256').update(hash).digest('hex');
	steps += 100;
	fs.writeFile(`${progress}.new`, String(steps), (error) => {
		if (!error)
			fs.rename(`${progress}.new`, progress, () => {});
	});
}, 3);

process.on('SIGTERM', () => {
	clearInterval(timer);
	server.close();
	server.closeAllConnections();
});
