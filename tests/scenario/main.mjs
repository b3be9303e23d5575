// The scenario from Node: see README.md.
import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Worker } from "node:worker_threads";

import { CancelledError, ChannelMode, Host, PintleError, ServiceError, Session } from "pintle";

import * as words from "./words.mjs";

const KINDS = ["messages", "sockets", "sessions", "requests", "tasks", "timers", "watches"];

/** Says a line of what happens meanwhile. */
const say = (line) => console.log(`    ${line}`);

/** The application, as plugin zero. */
class Loopback {
    sessions = new Map();
    answer = "OK";

    sessionSend(session, channel, message) {
        say(`out ${this.nameOf(session)} ${channel} ${words.ofBytes(message.bytes)}`);
        if (this.answer === "close") {
            session.close();
            return undefined;
        }
        return words.toStatus(this.answer);
    }

    sessionDisconnect(session) {
        say(`disconnect ${this.nameOf(session)}`);
    }

    sessionDestroyed(session) {
        say(`ended ${this.nameOf(session)}`);
    }

    nameOf(session) {
        return [...this.sessions].find(([, other]) => other === session)[0];
    }
}

/** The steps: one method for each verb. */
class Scenario {
    #application = new Loopback();
    #sessions = this.#application.sessions;
    #sockets = new Map();
    #plugins = new Map();
    #requests = new Map();
    #settled = 0;
    #folder;
    #workers;
    #host;

    constructor(folder, workers) {
        this.#folder = folder;
        this.#workers = workers;
    }

    /** Takes a step. It ends with OK, a status, or a word of its own. */
    async step(line) {
        const [verb, ...rest] = words.split(line);
        try {
            return (await this[verb](...rest)) ?? "OK";
        } catch (error) {
            if (error instanceof PintleError) {
                return words.ofStatus(error.code);
            }
            throw error;
        }
    }

    host(...words) {
        const limits = { workers: this.#workers };
        for (const [name, number] of words.map((word) => word.split("="))) {
            limits[name.replace(/_(.)/g, (_, letter) => letter.toUpperCase())] = Number(number);
        }
        const log = ({ plugin, text }) => {
            if (plugin) {
                say(`log ${plugin}: ${text}`);
            }
        };
        this.#host = new Host({ limits, application: this.#application, log });
        assert.equal(this.#host.limits.workers, this.#workers);
    }

    plugin(name, file, priority, config) {
        const options = { instance: name, priority: Number(priority), config: words.toBytes(config).toString() };
        this.#plugins.set(name, this.#host.load(join(this.#folder, `${file}.so`), options));
    }

    "!file"(name) {
        this.#host.load(join(this.#folder, name));
    }

    socket(name, ...modes) {
        this.#sockets.set(name, this.#host.open(...modes.map((mode) => ChannelMode[mode])));
    }

    session(name, socket, client) {
        this.#sessions.set(name, this.#sockets.get(socket).createSession({ clientId: BigInt(client) }));
    }

    client(session) {
        return String(this.#sessions.get(session).clientId);
    }

    mode(session, channel) {
        return words.ofMode(this.#sessions.get(session).channelMode(Number(channel)));
    }

    change(session, channel, mode) {
        this.#sessions.get(session).setChannelMode(Number(channel), ChannelMode[mode]);
    }

    receive(session, channel, data) {
        this.#sessions.get(session).receive(words.toBytes(data), Number(channel));
    }

    send(session, channel, data) {
        this.#sessions.get(session).send(words.toBytes(data), Number(channel));
    }

    answer(answer) {
        this.#application.answer = answer;
    }

    request(name, session, service, id, data) {
        const from = this.#sessions.get(session);
        this.#requests.set(name, from.request(Number.parseInt(service, 16), Number(id), words.toBytes(data)));
    }

    cancel(request) {
        this.#requests.get(request).cancel();
    }

    async settle() {
        for (const [name, request] of [...this.#requests].slice(this.#settled)) {
            try {
                for await (const result of request) {
                    say(`${name} result ${words.ofBytes(result.bytes)}`);
                }
            } catch (error) {
                if (error instanceof ServiceError) {
                    const text = words.ofBytes(Buffer.from(error.message));
                    say(`${name} exception ${words.ofStatus(error.code)} ${text}`);
                } else if (!(error instanceof CancelledError)) {
                    throw error;
                }
            }
            say(`${name} done ${words.ofStatus(request.status)}`);
        }
        this.#settled = this.#requests.size;
    }

    disconnect(session) {
        this.#sessions.get(session).disconnect();
    }

    close(name) {
        (this.#sockets.get(name) ?? this.#sessions.get(name)).close();
    }

    async unload(plugin) {
        const receipt = await this.#plugins.get(plugin).unload();
        const outcome = receipt.outcome === "stopped" ? "stopped" : "not stopped";
        const left = KINDS.reduce((sum, kind) => sum + (receipt.left[kind] ?? 0), 0);
        return `${outcome}, calls ${receipt.calls}, left ${left}`;
    }

    /** A handle is nothing that a program of Node's can make. */
    forge() {
        try {
            new Session(1n);
        } catch (error) {
            return error instanceof TypeError ? "refused" : error.name;
        }
        return "OK";
    }

    /** A session does not reach another thread, or what reaches it is none. */
    async "!elsewhere"(session, channel, data) {
        const send = `
            const { parentPort, workerData } = require("node:worker_threads");
            const [session, ...what] = workerData;
            try {
                session.send(...what);
                parentPort.postMessage("OK");
            } catch (error) {
                parentPort.postMessage(error instanceof TypeError ? "refused" : error.name);
            }`;
        const workerData = [this.#sessions.get(session), words.toBytes(data), Number(channel)];
        try {
            const [ended] = await once(new Worker(send, { eval: true, workerData }), "message");
            return ended;
        } catch (error) {
            return error.name === "DataCloneError" ? "refused" : error.name;
        }
    }

    async "!foreign"(session, channel, data) {
        const other = new Host();
        try {
            this.#sessions.get(session).send(other.message(words.toBytes(data)), Number(channel));
        } finally {
            await other.close();
        }
    }

    async end() {
        await this.#host.close();
    }
}

if (process.argv.length !== 5) {
    console.error("usage: node main.mjs steps.txt FOLDER-OF-PLUGINS WORKERS");
    process.exit(1);
}
const [, , steps, folder, workers] = process.argv;
const scenario = new Scenario(folder, Number(workers));
for (const line of readFileSync(steps, "utf8").split("\n")) {
    if (line && !line.startsWith("#")) {
        console.log(line);
        say(await scenario.step(line));
    }
}
