from airflow import DAG

dag = DAG('daily', schedule='@daily')
