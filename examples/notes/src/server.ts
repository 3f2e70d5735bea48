import { createApp } from "./app.ts";
import { readSettings } from "./settings.ts";

/** Milliseconds that running requests get to end once the app is told to stop. */
const stopTime = 20_000;

try {
  const settings = readSettings(process.env);
  const app = await createApp(settings);
  await app.listen({ host: "0.0.0.0", port: settings.port });
  const stop = async (signal: NodeJS.Signals) => {
    app.log.info({ signal }, "stopping: no new connections, running requests end");
    setTimeout(() => process.exit(1), stopTime).unref();
    await app.close();
    app.log.info("stopped");
  };
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => void stop(signal));
} catch (error) {
  console.error(JSON.stringify({ level: 60, time: Date.now(), msg: `cannot start: ${(error as Error).message}` }));
  process.exitCode = 1;
}
