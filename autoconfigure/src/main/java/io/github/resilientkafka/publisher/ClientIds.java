package io.github.resilientkafka.publisher;

import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;

/**
 * Client ids of our producers: {@code resilient-kafka-<role>-<number>}, the smallest number that no open producer of this
 * JVM has. So the ids stay few, however often producers are recreated: metrics, JMX beans and brokers' quotas are by
 * client id.
 */
final class ClientIds {

    private static final Map<String, BitSet> NUMBERS = new HashMap<>();

    private ClientIds() {}

    static synchronized String take(String role) {
        BitSet taken = NUMBERS.computeIfAbsent(role, name -> new BitSet());
        int number = taken.nextClearBit(1);
        taken.set(number);
        return prefix(role) + number;
    }

    static synchronized void giveBack(String role, String clientId) {
        BitSet taken = NUMBERS.get(role);
        if (taken != null) {
            taken.clear(Integer.parseInt(clientId.substring(prefix(role).length())));
        }
    }

    private static String prefix(String role) {
        return "resilient-kafka-" + role + "-";
    }
}
