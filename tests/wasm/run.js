// Runs the exported tests of a module that wasm-bindgen made for node, one after the other.
//
//     node run.js MODULE.js
const path = require("path").resolve(process.argv[2]);

function load() {
    delete require.cache[path];
    return require(path);
}

async function main() {
    const tests = load();
    const names = Object.keys(tests).filter((name) => name !== "call_id" && /^[a-z]/.test(name));
    if (names.length < 7) throw new Error(`only ${names.length} tests in ${path}`);
    for (const name of names) {
        if (name === "start" || name.startsWith("__")) continue;
        await tests[name]();
        console.log(`ok  ${name}`);
    }
    const [one, other] = [load().call_id(), load().call_id()];
    if (one === other) throw new Error(`two programs make the same identifier: ${one}`);
    console.log("ok  two_programs_make_different_identifiers");
}

main().catch((error) => {
    console.error(error);
    process.exit(1);
});
