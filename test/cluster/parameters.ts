import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { queryMember, untilComplete, type Target } from "../../cli/database/target.ts";
import { projectRoot } from "../../cli/projectRoot.ts";
import { PARAMETERS, parametersFile } from "../../stacks/postgresParameters.ts";

/** Every library of the image is loaded first: parameters that one brings are known then. */
const TEXT = `
  DO $$ DECLARE library text; BEGIN
    FOR library IN
      SELECT file FROM pg_ls_dir((SELECT setting FROM pg_config WHERE name = 'PKGLIBDIR')) AS file WHERE file LIKE '%.so'
    LOOP
      -- One of them wants a system with SELinux.
      BEGIN EXECUTE format('LOAD %L', library); EXCEPTION WHEN OTHERS THEN NULL; END;
    END LOOP;
  END $$;
  SELECT json_object_agg(lower(name), CASE vartype
      WHEN 'bool' THEN json_build_array('bool')
      WHEN 'string' THEN json_build_array('string')
      WHEN 'enum' THEN json_build_array('enum', enumvals)
      ELSE json_build_array(vartype, unit, min_val::float8, max_val::float8) END ORDER BY lower(name))
  FROM pg_settings WHERE context <> 'internal'`;

/**
 * Compares the parameters that config may set with those of a running database of the plan's version; with UPDATE_GOLDEN=1
 * it writes their file anew.
 */
export async function compareParameters(target: Target): Promise<void> {
  const { version } = target.database;
  const said = await queryMember(target, await untilComplete(target), TEXT);
  const found = JSON.parse(said.replace(/^DO\n/, "")) as object;
  if (process.env["UPDATE_GOLDEN"] === "1") {
    const lines = Object.entries(found).map(([name, value]) => `  ${JSON.stringify(name)}: ${JSON.stringify(value)}`);
    writeFileSync(join(projectRoot, "stacks", parametersFile(version)), `{\n${lines.join(",\n")}\n}\n`);
  }
  assert.deepEqual(found, PARAMETERS[version]);
}
