CREATE FUNCTION notify_workflow_intents() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('workflow_intents', '');
    RETURN NULL;
END
$$;

CREATE TRIGGER workflow_intents_notify AFTER INSERT ON workflow_intents
    FOR EACH STATEMENT EXECUTE FUNCTION notify_workflow_intents();
