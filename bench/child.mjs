/** One turn of one subject. */

import { measure } from "./harness.mjs";

const [file, name] = process.argv.slice(2);
const { row } = await import(file);
console.log(await measure(row, name));
process.exit(0);
