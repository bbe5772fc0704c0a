# Makes the database on an empty volume, then becomes PostgreSQL. What is made is whole or absent: it gets its name last.
set -eu
if [ ! -d "$PGDATA" ]; then
  new="$PGDATA.new"
  rm -rf "$new"
  umask 077
  printf '%s' "$ADMIN_PASSWORD" >/tmp/admin-password
  initdb --pgdata="$new" --username=postgres --pwfile=/tmp/admin-password --auth=scram-sha-256 \
    --encoding=UTF8 --locale-provider=builtin --locale=C.UTF-8 --no-instructions
  rm /tmp/admin-password
  echo 'host all all all scram-sha-256' >>"$new/pg_hba.conf"
  # Without TCP, so that nobody takes it for ready.
  pg_ctl --pgdata="$new" --wait --silent --options='-c listen_addresses= -c unix_socket_directories=/tmp' start
  PGPASSWORD=$ADMIN_PASSWORD psql --host=/tmp --username=postgres --no-psqlrc --quiet --set=ON_ERROR_STOP=1 \
    --file=/etc/taskflow/roles.sql
  pg_ctl --pgdata="$new" --wait --silent --mode=fast stop
  mv "$new" "$PGDATA"
fi
exec postgres -c listen_addresses='*' -c unix_socket_directories=/tmp -c max_connections=200 -c shared_buffers=128MB
