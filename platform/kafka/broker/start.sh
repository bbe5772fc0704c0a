# Formats an empty volume, then becomes Kafka.
set -eu
run() { java -XX:-UsePerfData -Dlog4j.configuration=file:/etc/taskflow/log4j.properties -cp '/opt/kafka/libs/*' "$@"; }
if [ ! -e /var/lib/kafka/data/meta.properties ]; then
  run kafka.tools.StorageTool format --cluster-id="$(run kafka.tools.StorageTool random-uuid)" \
    --config=/etc/taskflow/server.properties
fi
# shellcheck disable=SC2086  # words are words here
exec java $KAFKA_JVM_OPTIONS -XX:-UsePerfData -Dlog4j.configuration=file:/etc/taskflow/log4j.properties \
  -cp '/opt/kafka/libs/*' kafka.Kafka /etc/taskflow/server.properties
