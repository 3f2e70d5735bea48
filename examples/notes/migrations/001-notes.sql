CREATE TABLE notes (
  id uuid PRIMARY KEY,
  text text NOT NULL CHECK (length(text) BETWEEN 1 AND 2000),
  file text,
  created_at timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX notes_newest ON notes (created_at DESC, id);
