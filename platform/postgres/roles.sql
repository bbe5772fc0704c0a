-- The two roles and the database, run once by the server's administrator: in the cluster by start.sh, elsewhere by
--   OWNER_PASSWORD=… APP_PASSWORD=… psql -v ON_ERROR_STOP=1 -f platform/postgres/roles.sql "$ADMIN_URL"
-- Migrations run as taskflow_owner; services as taskflow_app, which may do what the migrations grant it.
\getenv owner_password OWNER_PASSWORD
\getenv app_password APP_PASSWORD
CREATE ROLE taskflow_owner LOGIN PASSWORD :'owner_password';
CREATE ROLE taskflow_app LOGIN PASSWORD :'app_password';
-- A managed server's administrator is no superuser, and may give a database only to a role that it is a member of.
GRANT taskflow_owner TO CURRENT_USER;
CREATE DATABASE taskflow OWNER taskflow_owner;
REVOKE ALL ON DATABASE taskflow FROM PUBLIC;
GRANT CONNECT ON DATABASE taskflow TO taskflow_app;
