/**
 * What an event is and what became of it; knows nothing of Kafka clients, databases or Spring Boot.
 */
@NullMarked
package io.github.resilientkafka.message;

import org.jspecify.annotations.NullMarked;
