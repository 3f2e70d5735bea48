import { z } from "zod";
import { configKey, hostName } from "./common.ts";

/** How a PostgreSQL that somebody else runs is reached. */
export const outsideServer = {
  host: hostName("name of the server, which stands in its certificate"),
  port: z.int().min(1).max(65535).default(5432).describe("port of the server: 1 to 65535"),
  caFrom: configKey("config key with the CA (PEM) that vouches for the server's certificate"),
};

/** A role on a PostgreSQL that somebody else runs, under whatever name it has there. */
export const outsideRole = z.string().min(1).max(63);
