// The one place that knows the vendored libraries: everything else imports from here.
import { h, render, Fragment } from "./vendor/preact.js";
import htm from "./vendor/htm.js";

export const html = htm.bind(h);
export { h, render, Fragment };
export { useEffect, useLayoutEffect, useRef, useState, useMemo, useId } from "./vendor/preact-hooks.js";
export { signal, computed, effect, batch, useSignal, useComputed } from "./vendor/signals.js";
