import { z } from "zod";
import { sqlName } from "./common.ts";
import { EXTENSIONS } from "./extensions.ts";

const databaseEntry = z.strictObject({
  name: sqlName("name of the database"),
  owner: sqlName("role that owns the database; default: a role of the database's name").optional(),
  extensions: z
    .array(z.enum(EXTENSIONS))
    .default([])
    .describe("extensions made in the database; one taken out is never dropped"),
});

const role = z.strictObject({
  name: sqlName("name of the role"),
  connectionLimit: z.int().min(-1).default(-1).describe("most connections of the role; -1: no limit"),
  generation: z
    .int()
    .min(1)
    .default(1)
    .describe("raise it for a new login with a new password; the one before works until it is raised again"),
});

/** What stands in a database of any kind. */
export const databaseContent = {
  databases: z.array(databaseEntry).max(200).default([]).describe("databases; one taken out is never dropped"),
  roles: z.array(role).max(500).default([]).describe("login roles beside the databases' owners; never dropped"),
};
