"use strict";
// The C addon, in both of its shapes.

const path = require("node:path");
const { include_dir: include } = require("node-api-headers");
const { linked } = require("../build.js");

module.exports = function start(folder, plugins) {
  const source = path.join(__dirname, "addon.c");
  const addon = require(linked(path.join(folder, "addon.node"), `-I${include}`, source));
  const { nothing, clientId, channelMode, send, length, read, take, release, call } = addon;
  const functions = { nothing, clientId, channelMode, send, length, read, take, release, call };
  const { session, own, message } = addon.start(...plugins);
  return {
    functions: { session: session.handle, own: own.handle, message: message.handle, ...functions },
    methods: { session: session.bound, own: own.bound, message: message.bound },
  };
};
