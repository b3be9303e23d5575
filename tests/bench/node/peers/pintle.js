"use strict";
// The package.

const { Host } = require("pintle");

module.exports = function start(folder, plugins) {
  const host = new Host();
  for (const plugin of plugins) {
    host.load(plugin);
  }
  const socket = host.open();
  const [session] = host.sessions;
  const message = host.message(Buffer.alloc(64));
  return { pintle: { host, session, own: socket.createSession(1), message } };
};
