package io.github.resilientkafka.supervisor;

import io.github.resilientkafka.listener.ResilientListener;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.RangeAssignor;
import org.apache.kafka.clients.consumer.RoundRobinAssignor;
import org.apache.kafka.clients.consumer.StickyAssignor;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Notes once that an assignor takes all partitions from all consumers at each rebalance. One that does is enough, as a group
 * is cooperative only if all its assignors are.
 */
final class AssignorNote {

    private static final Logger logger = LoggerFactory.getLogger(ListenerSupervisor.class);

    private static final List<Class<?>> EAGER =
            List.of(RangeAssignor.class, RoundRobinAssignor.class, StickyAssignor.class);

    private final AtomicBoolean noted = new AtomicBoolean();

    void look(ResilientListener listener) {
        if (this.noted.get()
                || !Containers.assigned(listener.container().getContainerProperties())
                        .isEmpty()) {
            return;
        }
        String eager = eagerAssignor(listener.consumerSettings());
        if (eager != null && this.noted.compareAndSet(false, true)) {
            logger.info(
                    "Listener {} (and perhaps others) uses {}: at each rebalance all consumers give all their partitions back."
                            + " With spring.kafka.consumer.properties[partition.assignment.strategy]="
                            + "org.apache.kafka.clients.consumer.CooperativeStickyAssignor they keep what they keep; see"
                            + " Kafka's documentation for how to change over a group that is running.",
                    listener.id(),
                    eager);
        }
    }

    /**
     * Returns the assignor that makes a group eager, or null if none does.
     */
    static @Nullable String eagerAssignor(Map<String, Object> settings) {
        Object protocol = settings.get("group.protocol");
        if (protocol != null && protocol.toString().equalsIgnoreCase("consumer")) {
            return null;
        }
        Object assignors = settings.get(ConsumerConfig.PARTITION_ASSIGNMENT_STRATEGY_CONFIG);
        if (assignors == null) {
            return RangeAssignor.class.getSimpleName();
        }
        Collection<?> all = (assignors instanceof Collection<?> several)
                ? several
                : Arrays.asList(assignors.toString().split(","));
        return EAGER.stream()
                .filter(eager -> all.stream()
                        .anyMatch(assignor ->
                                assignor == eager || assignor.toString().trim().equals(eager.getName())))
                .map(Class::getSimpleName)
                .findFirst()
                .orElse(null);
    }
}
