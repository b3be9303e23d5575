"use strict";
// The macros of napi-rs, as they are.

const fs = require("node:fs");
const path = require("node:path");

module.exports = function start(folder, plugins) {
  const addon = path.join(folder, "plain.node");
  fs.copyFileSync(process.env.PINTLE_PLAIN, addon);
  const plain = require(addon);
  const [session, message] = plain.start(plugins);
  return { plain: { ...plain, session, message } };
};
