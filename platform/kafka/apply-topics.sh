# Makes the declared topics that are not there and gives all of them the declared settings. Never changes the number of
# partitions: that would move tasks to other partitions in the middle of their history.
set -eu
cd /etc/taskflow/topics
client=
if [ -n "${KAFKA_USERNAME:-}" ]; then
  case $KAFKA_SASL_MECHANISM in
    PLAIN) module=plain.PlainLoginModule ;;
    *) module=scram.ScramLoginModule ;;
  esac
  umask 077
  client=/tmp/client.properties
  cat >$client <<END
security.protocol=SASL_SSL
sasl.mechanism=$KAFKA_SASL_MECHANISM
sasl.jaas.config=org.apache.kafka.common.security.$module required username="$KAFKA_USERNAME" password="$KAFKA_PASSWORD";
END
fi
admin() {
  class=$1
  shift
  java -Xmx192m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:-UsePerfData \
    -Dlog4j.configuration=file:/etc/taskflow/tool/log4j.properties -cp '/opt/kafka/libs/*' "$class" \
    --bootstrap-server "$KAFKA_BROKERS" ${client:+--command-config $client} "$@"
}
settings=
for file in *; do
  case $file in
    topics | replication.factor) ;;
    *) settings="$settings $file=$(cat "$file")" ;;
  esac
done
until there=$(admin org.apache.kafka.tools.TopicCommand --list); do
  echo "Kafka at $KAFKA_BROKERS does not answer yet."
  sleep 2
done
while read -r name partitions; do
  [ -n "$name" ] || continue
  if echo "$there" | grep -qxF "$name"; then
    # shellcheck disable=SC2086  # words are words here
    admin kafka.admin.ConfigCommand --alter --entity-type topics --entity-name "$name" \
      --add-config "$(echo $settings | tr ' ' ',')" </dev/null
  else
    # shellcheck disable=SC2046
    admin org.apache.kafka.tools.TopicCommand --create --if-not-exists --topic "$name" --partitions "$partitions" \
      --replication-factor "$(cat replication.factor)" $(for one in $settings; do echo "--config $one"; done) </dev/null
  fi
done <topics
echo "Topics are as declared."
