// Checks custom resources against the types that their projects' Go code was turned into (npm: @kubernetes-models).
// Standard input: [{"apiVersion": …, "kind": …, …}, …]. Standard output: for each a list of what is wrong with it.
// The compiler finds unknown fields and wrong types; the models know patterns and bounds besides.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const folder = process.argv[2];
const require = createRequire(join(folder, "package.json"));
const ts = require("typescript");

const PACKAGES = {
  "gateway.networking.k8s.io": "@kubernetes-models/gateway-api",
  "keda.sh": "@kubernetes-models/keda",
  "traefik.io": "@kubernetes-models/traefik",
};

const home = ({ apiVersion, kind }) => `${PACKAGES[apiVersion.split("/")[0]]}/${apiVersion}/${kind}`;

/** What the compiler says of each object, written out as a constant of its type. */
function compiled(objects) {
  const lines = objects.map((one, i) => `import type { I${one.kind} as T${i} } from "${home(one)}";`);
  objects.forEach((one, i) => lines.push(`export const o${i}: T${i} = ${JSON.stringify(one)};`));
  const file = join(folder, "objects.ts");
  const options = {
    strict: true, noEmit: true, skipLibCheck: true, types: [], target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext,
  };
  const host = ts.createCompilerHost(options);
  const { readFile, fileExists, getSourceFile } = host;
  const text = lines.join("\n");
  host.readFile = (name) => (name === file ? text : readFile(name));
  host.fileExists = (name) => name === file || fileExists(name);
  host.getSourceFile = (name, ...rest) =>
    name === file ? ts.createSourceFile(name, text, ...rest) : getSourceFile.call(host, name, ...rest);
  const program = ts.createProgram([file], options, host);
  const found = objects.map(() => []);
  for (const each of ts.getPreEmitDiagnostics(program)) {
    const message = ts.flattenDiagnosticMessageText(each.messageText, " ");
    if (!each.file || each.file.fileName !== file) throw new Error(message);
    found[each.file.getLineAndCharacterOfPosition(each.start).line % objects.length].push(message);
  }
  return found;
}

/** What the model of each object says of it. */
async function modelled(one) {
  const path = join(folder, "node_modules", `${home(one)}.js`);
  const { [one.kind]: Model } = await import(pathToFileURL(path).href);
  try {
    new Model(one).validate();
    return [];
  } catch (error) {
    return (error.errors ?? [error]).map((each) => `${each.instancePath ?? ""} ${each.message}`.trim());
  }
}

const objects = JSON.parse(readFileSync(0, "utf8"));
const known = (one) => one.apiVersion.split("/")[0] in PACKAGES;
if (!objects.every(known)) throw new Error(`no package has ${objects.find((one) => !known(one)).apiVersion}`);
const found = compiled(objects);
for (const [i, one] of objects.entries()) found[i].push(...(await modelled(one)));
console.log(JSON.stringify(found));
