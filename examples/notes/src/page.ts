import type { Note } from "./database.ts";

/** @returns the page with the form and all notes; nothing that a user wrote becomes markup. */
export function page(title: string, notes: Note[]): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(title)}</title>
<style>
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 42rem; margin: 2rem auto; padding: 0 1rem; color: #1d2733; background: #fbfaf7; }
  h1 { font-weight: 600; letter-spacing: -0.01em; }
  form { display: grid; gap: 0.6rem; padding: 1rem; background: #fff; border: 1px solid #dcd8cf; border-radius: 8px; }
  textarea { font: inherit; padding: 0.5rem; border: 1px solid #b9b4a8; border-radius: 4px; resize: vertical; }
  button { font: inherit; justify-self: start; padding: 0.35rem 1.2rem; color: #fff; background: #24577a; border: 0; border-radius: 4px; cursor: pointer; }
  ol { list-style: none; padding: 0; }
  li { padding: 0.8rem 0; border-bottom: 1px solid #e6e2d9; }
  p { margin: 0; white-space: pre-wrap; overflow-wrap: anywhere; }
  small { color: #6b7280; }
</style>
</head>
<body>
<h1>${escape(title)}</h1>
<form method="post" action="/notes" enctype="multipart/form-data">
  <label for="text">A new note</label>
  <textarea id="text" name="text" rows="3" maxlength="2000" required autofocus></textarea>
  <label>A file with it (optional): <input type="file" name="file"></label>
  <button>Keep it</button>
</form>
<ol>
${notes.map(item).join("\n")}
</ol>
${notes.length === 0 ? "<p>No notes yet.</p>" : ""}
</body>
</html>
`;
}

function item({ text, file, createdAt }: Note): string {
  const time = createdAt.toISOString();
  const link = file ? ` · <a href="/files/${encodeURIComponent(file)}">${escape(file.slice(37))}</a>` : "";
  return `<li><p>${escape(text)}</p><small><time datetime="${time}">${time.slice(0, 16).replace("T", " ")} UTC</time>${link}</small></li>`;
}

/** @returns the text with every character that HTML gives a meaning replaced. */
export function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
