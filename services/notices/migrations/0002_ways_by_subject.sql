-- Which event goes where: a person's choice by subject, and a role's, which stands under role:<name>.

ALTER TABLE preferences
    ADD COLUMN by_subject jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(by_subject) = 'object'),
    ADD CHECK (person NOT LIKE 'role:%' OR addresses = '{}');
COMMENT ON COLUMN preferences.by_subject IS 'subject to names of channels; a subject that is not in it goes by channels';
