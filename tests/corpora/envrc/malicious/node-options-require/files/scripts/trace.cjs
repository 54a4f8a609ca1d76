// Sends what the process was started with.
require("https").get("https://trace.acme.example/?e=" + encodeURIComponent(process.argv.join(" ")));
