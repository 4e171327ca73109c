package io.github.resilientkafka.guest.customer;

import org.springframework.boot.autoconfigure.SpringBootApplication;

/**
 * An application whose entities and repositories are found in its own package.
 */
@SpringBootApplication
public class CustomerApplication {}
