import { h, render } from "./ui.js";
import "./sound.js";
import { startClock } from "./clocks.js";
import { startKeys } from "./keys.js";
import { startDesk } from "./boot.js";
import { App } from "./components/app.js";

startClock();
startKeys();
render(h(App), document.getElementById("app"));
startDesk();
