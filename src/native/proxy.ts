/** Telling proxies from the objects behind them. */

import { nodeUtil } from "./node-util.js";

/** Whether an object is a Proxy. Only Node can tell; elsewhere a proxy is taken for what it shows. */
export const isProxy: (value: object) => boolean = nodeUtil?.types.isProxy ?? (() => false);
